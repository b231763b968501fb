package com.x;

import java.util.List;
import static java.lang.Math.*;

/**
 * A shop. Of things.
 */
@Deprecated
public class Shop<T extends Comparable<T>> extends Base implements Seller {
    public static final int LIMIT = 10;
    private final List<T> items = new ArrayList<>();
    static { System.out.println("class No {"); }

    public Shop(int n) { this.n = n; }

    /** All. */
    @Override
    public <R> List<R> total(int a, Map<String, Integer> b) throws IOException {
        if (a > 0 && b != null) { return null; }
        for (T t : items) { while (true) { } }
        switch (a) { case 1: break; case 2: break; default: }
        Runnable r = new Runnable() { public void run() { } };
        return a > 1 ? null : items.stream().map(x -> x).toList();
    }

    private int hidden() { return 1; }

    enum Door { OPEN(1) { void f() { } }, SHUT(2); Door(int n) { } int n() { return 1; } }
    interface Seller { void sell(int n); default int x() { return 1; } }
    record Point(int x, int y) { Point { } }
    @interface Marked { String value() default ""; }
    public static void main(String[] args) { }
}
