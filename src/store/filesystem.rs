//! Which file systems WAL must not be used on: those of another machine, where shared memory is not shared.
//!
//! It refuses to guess: what cannot be asked counts as local (SQLite then finds out by itself).

use std::path::Path;

/// `f_type` of network file systems, from Linux's `statfs(2)` and `include/uapi/linux/magic.h`. FUSE is counted as one,
/// since sshfs and its kin cannot be told from local ones.
#[cfg(target_os = "linux")]
const NETWORK: &[u32] = &[
    0x6969,      // NFS
    0x517B,      // SMB
    0xFF53_4D42, // CIFS
    0xFE53_4D42, // SMB2
    0x6573_5546, // FUSE
    0x0102_1997, // 9p
    0x5346_414F, // AFS (OpenAFS)
    0x6B41_4653, // AFS (kAFS)
    0x7375_7245, // Coda
    0x564C,      // NCP
    0x00C3_6400, // Ceph
    0x0116_1970, // GFS2
    0x7461_636F, // OCFS2
    0x0BD0_0BD0, // Lustre
    0x786F_4256, // VirtualBox shared folder
];

/// Whether `directory` lies on a file system of another machine.
#[cfg(target_os = "linux")]
pub(super) fn is_network(directory: &Path) -> bool {
    // The type of `f_type` differs between architectures; the magic numbers have 32 bits everywhere.
    rustix::fs::statfs(directory).is_ok_and(|found| NETWORK.contains(&(found.f_type as u32)))
}

/// Whether `directory` lies on a file system of another machine; not asked outside Linux.
#[cfg(not(target_os = "linux"))]
pub(super) fn is_network(_directory: &Path) -> bool {
    false
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_directory_of_this_machine_is_local_and_a_missing_one_counts_as_local() {
        assert!(!is_network(Path::new("/proc")));
        assert!(!is_network(Path::new("/no/such/directory")));
    }
}
