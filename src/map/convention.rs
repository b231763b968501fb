//! What a path says of a file by convention: its stem, and whether it holds what is secret. Looks into no file.

use crate::domain::path;

/// The file name up to its first dot (`app` of `app.test.ts`), or whole if it starts with one.
pub fn stem(path: &str) -> &str {
    let name = path::name(path);
    match name.find('.') {
        None | Some(0) => name,
        Some(dot) => &name[..dot],
    }
}

/// Whether a file looks as if it held keys or passwords.
pub fn holds_secrets(path: &str) -> bool {
    let name = path::name(path).to_lowercase();
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    let is_example = matches!(ending, "example" | "sample" | "template");
    name == ".env"
        || name.starts_with(".env.") && !is_example
        || name == ".envrc"
        || ending == "env"
        || ["id_rsa", "id_dsa", "id_ecdsa", "id_ed25519"].iter().any(|key| name.starts_with(key)) && ending != "pub"
        || matches!(ending, "pem" | "key" | "p12" | "pfx" | "keystore" | "jks" | "kdbx" | "tfstate")
        || matches!(
            name.as_str(),
            ".netrc" | ".npmrc" | ".pypirc" | ".htpasswd" | ".git-credentials" | ".pgpass" | "kubeconfig"
        )
        || name.starts_with("credentials")
        || name.starts_with("secrets.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_secret_is_told_from_its_example_and_its_public_half() {
        for path in
            ["a/.env", "prod.env", ".env.local", ".envrc", "x/id_ecdsa", "server.KEY", ".git-credentials", "a.tfstate"]
        {
            assert!(holds_secrets(path), "{path}");
        }
        for path in [".env.example", "id_rsa.pub", "environment.py", "keys.rs", "src/secrets/mod.rs"] {
            assert!(!holds_secrets(path), "{path}");
        }
    }
}
