import Foundation
import struct Other.Thing

/// A shop. Of things.
public class Shop<T: Comparable>: Base {
    public let name: String
    private var count = 0
    var total: Int {
        return count
    }

    init(name: String) { self.name = name }

    /// All.
    public func sum(_ a: Int, by b: Int = 1) throws -> Int where T: Codable {
        if a > 0 && b > 0 { return 1 }
        guard a > 1 else { return 2 }
        for x in items { while true { } }
        switch a {
        case 1: return 1
        case 2: return 2
        default: break
        }
        let s = "func no() { \(a) }"
        let local = 1
        return a > 2 ? 1 : 2
    }
    private func hidden() {}
    class func make() -> Shop { Shop(name: "x") }
}

struct Point { var x: Int }
enum Door { case open, shut
    func f() -> Int { 1 }
}
protocol Seller {
    func sell(n: Int) -> Bool
}
extension Shop: Seller {
    func sell(n: Int) -> Bool { true }
}
typealias Number = Int
let limit = 10
func free(a: Int) -> Int { a }
