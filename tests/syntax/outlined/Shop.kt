package com.x

import java.util.List
import com.y.*
import com.z.Q as R

const val LIMIT = 10

/** A shop. Of things. */
@Serializable
data class Shop<T : Any>(val name: String, private val n: Int = 1) : Base(name), Seller {
    val total: Int
        get() = n
    private var count = 0

    companion object {
        fun make(): Shop<Int> = Shop("fun no() {")
    }

    /** All. */
    override fun sum(a: Int, b: (Int) -> Int): Int {
        if (a > 0 && n > 1 || n == 3) return 1
        for (x in items) { while (true) { } }
        val local = b(a) ?: 1
        return when (a) {
            1 -> 1
            2 -> 2
            else -> 3
        }
    }
    private fun hidden() = 1
}

interface Seller {
    fun sell(n: Int): Boolean
}
enum class Door(val n: Int) {
    OPEN(1), SHUT(2);

    fun f() = n
}
object Single {
    fun go() {}
}
sealed class Base
typealias Number = Int
fun String.shout(): String = "$this!"
fun main() { println("x") }
