//! Imports → files, language by language.

use super::map;

/// Holds that each import, written in `from`, leads to exactly these of `files`.
fn leads(files: &[&str], from: &str, imports: &[(&str, &[&str])]) {
    for (import, expected) in imports {
        let script = format!("import {import}");
        let mut all: Vec<(&str, &str)> = files.iter().filter(|path| **path != from).map(|path| (*path, "")).collect();
        all.push((from, &script));
        assert_eq!(map(&all).imports(from), *expected, "`{import}` in {from}");
    }
}

#[test]
fn python_modules_are_found_from_a_root_and_by_dots() {
    let files = [
        "shop/__init__.py",
        "shop/cart.py",
        "shop/api/__init__.py",
        "shop/api/views.py",
        "shop/logging.py",
        "tools/run.py",
        "tools/flags.py",
        "backend/src/pay/stripe.py",
    ];
    leads(
        &files,
        "shop/api/views.py",
        &[
            ("shop.cart", &["shop/cart.py"]),
            ("shop: cart", &["shop/cart.py"]),
            ("shop: cart, VERSION", &["shop/__init__.py", "shop/cart.py"]),
            ("..cart: Cart", &["shop/cart.py"]),
            (".: helper", &["shop/api/__init__.py"]),
            ("..: cart", &["shop/cart.py"]),
            ("pay.stripe: charge", &["backend/src/pay/stripe.py"]),
            // A package is no root: `logging` is the standard library's.
            ("logging", &[]),
            ("os.path", &[]),
            ("....x", &[]),
        ],
    );
    leads(&files, "tools/run.py", &[("flags", &["tools/flags.py"]), ("shop", &["shop/__init__.py"])]);
}

#[test]
fn script_modules_are_found_by_guessed_ending_alias_and_workspace() {
    let files = [
        "src/app.ts",
        "src/user.ts",
        "src/ui/index.tsx",
        "src/ui/button.jsx",
        "src/types.d.ts",
        "src/index.ts",
        "packages/core/src/index.ts",
        "packages/core/src/parse.ts",
    ];
    leads(
        &files,
        "src/app.ts",
        &[
            ("./user: User", &["src/user.ts"]),
            ("./user.js", &["src/user.ts"]),
            ("./ui", &["src/ui/index.tsx"]),
            ("./types", &["src/types.d.ts"]),
            ("@/ui/button", &["src/ui/button.jsx"]),
            ("@/", &["src/index.ts"]),
            ("~/", &["src/index.ts"]),
            ("src/user", &["src/user.ts"]),
            ("@acme/core", &["packages/core/src/index.ts"]),
            ("@acme/core/parse", &["packages/core/src/parse.ts"]),
            ("react", &[]),
            ("../../outside", &[]),
        ],
    );
    leads(
        &files,
        "src/ui/button.jsx",
        &[("..", &["src/index.ts"]), (".", &["src/ui/index.tsx"]), ("../user", &["src/user.ts"])],
    );
}

#[test]
fn rust_paths_lead_to_the_last_module_on_their_way() {
    let files = [
        "src/lib.rs",
        "src/domain/mod.rs",
        "src/domain/user.rs",
        "src/edit.rs",
        "src/edit/apply.rs",
        "src/main.rs",
        "tests/edit.rs",
        "crates/my-core/src/lib.rs",
        "crates/my-core/src/graph.rs",
    ];
    leads(
        &files,
        "src/edit/apply.rs",
        &[
            ("crate::domain::user: User", &["src/domain/user.rs"]),
            ("crate::domain: user, Shape", &["src/domain/mod.rs", "src/domain/user.rs"]),
            ("super: parse", &["src/edit.rs"]),
            ("super::super::domain", &["src/domain/mod.rs"]),
            ("crate: VERSION", &["src/lib.rs"]),
            ("my_core::graph: Node", &["crates/my-core/src/graph.rs"]),
            ("std::collections: HashMap", &[]),
        ],
    );
    leads(&files, "src/edit.rs", &[("self::apply", &["src/edit/apply.rs"])]);
    leads(&files, "src/lib.rs", &[("self::domain", &["src/domain/mod.rs"])]);
    leads(&files, "tests/edit.rs", &[("shop::edit: apply", &["src/edit/apply.rs"]), ("serde::de", &[])]);
}

#[test]
fn go_paths_lead_to_every_source_of_the_package() {
    let files = [
        "cmd/app/main.go",
        "pkg/store/store.go",
        "pkg/store/row.go",
        "pkg/store/row_test.go",
        "pkg/http/serve.go",
        "staging/src/k8s.io/api/core/types.go",
        "errors/errors.go",
    ];
    leads(
        &files,
        "cmd/app/main.go",
        &[
            ("github.com/acme/app/pkg/store", &["pkg/store/row.go", "pkg/store/store.go"]),
            ("k8s.io/api/core", &["staging/src/k8s.io/api/core/types.go"]),
            ("net/http", &[]),
            ("errors", &[]),
            ("github.com/other/thing", &[]),
        ],
    );
}

#[test]
fn packages_of_java_and_kotlin_are_found_below_any_source_root() {
    let files = [
        "app/src/main/java/com/acme/user/User.java",
        "app/src/main/java/com/acme/user/Role.java",
        "app/src/main/java/com/acme/App.java",
        "app/src/main/kotlin/com/acme/text/strings.kt",
        "app/src/test/java/com/acme/user/UserTest.java",
    ];
    let user = "app/src/main/java/com/acme/user/User.java";
    leads(
        &files,
        "app/src/main/java/com/acme/App.java",
        &[
            ("com.acme.user: User", &[user]),
            ("com.acme.user.User", &[user]),
            ("com.acme.user.User: of", &[user]),
            ("com.acme.user", &["app/src/main/java/com/acme/user/Role.java", user]),
            ("com.acme.text: shorten", &["app/src/main/kotlin/com/acme/text/strings.kt"]),
            ("java.util: List", &[]),
        ],
    );
}

#[test]
fn namespaces_of_c_sharp_and_php_are_found_by_their_end() {
    let files = ["src/Acme.Shop/Orders/Order.cs", "src/Acme.Shop/Program.cs", "src/Acme.Core/Clock.cs"];
    leads(
        &files,
        "src/Acme.Shop/Program.cs",
        &[
            ("Acme.Shop.Orders", &["src/Acme.Shop/Orders/Order.cs"]),
            ("Acme.Core", &["src/Acme.Core/Clock.cs"]),
            ("System.Linq", &[]),
        ],
    );
    let files = ["app/Models/User.php", "app/Http/Home.php", "src/Money.php", "lib/a.php", "lib/b.php"];
    leads(
        &files,
        "app/Http/Home.php",
        &[
            ("App\\Models: User", &["app/Models/User.php"]),
            ("App\\Models\\User", &["app/Models/User.php"]),
            ("Acme\\Shop: Money", &["src/Money.php"]),
            ("Exception", &[]),
        ],
    );
    leads(&files, "lib/a.php", &[("./b.php", &["lib/b.php"]), ("b.php", &["lib/b.php"])]);
}

#[test]
fn headers_are_found_beside_below_include_and_by_their_end() {
    let files = ["src/main.c", "src/util.h", "include/lib/list.h", "third/deep/net/socket.h", "compat/string.h"];
    leads(
        &files,
        "src/main.c",
        &[
            ("util.h", &["src/util.h"]),
            ("lib/list.h", &["include/lib/list.h"]),
            ("net/socket.h", &["third/deep/net/socket.h"]),
            ("string.h", &[]),
            ("vector", &[]),
        ],
    );
}

#[test]
fn ruby_and_swift_name_files_and_module_folders() {
    let files = ["lib/shop/cart.rb", "lib/shop.rb", "spec/cart_spec.rb", "spec/spec_helper.rb"];
    leads(
        &files,
        "spec/cart_spec.rb",
        &[
            ("shop/cart", &["lib/shop/cart.rb"]),
            ("./spec_helper", &["spec/spec_helper.rb"]),
            ("../lib/shop", &["lib/shop.rb"]),
            ("json", &[]),
        ],
    );
    let files = ["Sources/Store/Row.swift", "Sources/App/main.swift"];
    leads(&files, "Sources/App/main.swift", &[("Store", &["Sources/Store/Row.swift"]), ("Foundation", &[])]);
}

#[test]
fn the_nearest_of_several_is_meant() {
    let files = ["a/src/x.cpp", "a/include/util/list.h", "b/include/util/list.h", "b/src/y.cpp"];
    leads(&files, "a/src/x.cpp", &[("util/list.h", &["a/include/util/list.h"])]);
    leads(&files, "b/src/y.cpp", &[("util/list.h", &["b/include/util/list.h"])]);
}
