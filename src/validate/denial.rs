//! What a refusal of the sandbox looks like in a tool's words, and what to do about it. Goes by the words alone, and so says only
//! that it may be one.

use super::Network;
use crate::domain::finding::Finding;

/// How languages and their libraries word a call that the system did not permit (`EACCES`, `EPERM`).
const REFUSED: [&str; 5] = [
    "Permission denied",
    "permission denied",
    "Operation not permitted",
    "operation not permitted",
    "PermissionDenied",
];
/// How they word that there is no network, or nobody to ask for a name.
const OFFLINE: [&str; 6] = [
    "Network is unreachable",
    "network is unreachable",
    "Temporary failure in name resolution",
    "Name or service not known",
    "EAI_AGAIN",
    "Could not resolve host",
];

/// Adds to a finding what the sandbox may have to do with it.
pub(super) fn explain(finding: &mut Finding, network: Network) {
    let says = |words: &[&str]| words.iter().any(|word| finding.message.contains(word));
    let hint = match network {
        Network::Denied if says(&OFFLINE) || says(&REFUSED) => {
            "(Perhaps the sandbox: a check opens no sockets and writes only in its copy. `check.network = true` allows sockets.)"
        }
        Network::Allowed if says(&REFUSED) => "(Perhaps the sandbox: a check writes only in its copy.)",
        _ => return,
    };
    finding.message = format!("{}\n{hint}", finding.message.trim_end());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_the_sandboxs_refusal_is_called_so_and_nothing_else() {
        let explained = |message: &str, network| {
            let mut finding = Finding { message: message.to_owned(), ..Finding::default() };
            explain(&mut finding, network);
            finding.message
        };
        let python = "PermissionError: [Errno 13] Permission denied";
        assert!(explained(python, Network::Denied).starts_with(&format!("{python}\n(Perhaps the sandbox:")));
        assert!(explained(python, Network::Denied).contains("check.network = true"));
        assert!(!explained(python, Network::Allowed).contains("check.network"), "it is allowed already");
        let node = "Error: getaddrinfo EAI_AGAIN example.org";
        assert!(explained(node, Network::Denied).contains("sandbox"));
        for (message, network) in [(node, Network::Allowed), ("assert 1 == 2", Network::Denied)] {
            assert_eq!(explained(message, network), message);
        }
    }
}
