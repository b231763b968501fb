//! Memory that is no longer needed is given back to the system, so that a workbench nobody uses holds what it shows and no
//! more. Does nothing where the allocator is not glibc's, which keeps freed memory for itself (`malloc_trim(3)`).

/// Blocks of this size and more are the system's own, and go back to it when they are freed. Said once, because glibc raises
/// its bound up to 32 MiB as such blocks are freed, and gives back less and less (`mallopt(3)`).
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const OWN_BLOCK: libc::c_int = 256 << 10;

/// To be called once, before there is a second thread: arenas then keep no large block that was freed.
pub fn prepare() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[expect(unsafe_code, reason = "a call of the C library; it changes a number of its own")]
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, OWN_BLOCK);
    }
}

/// Gives back what is free. Takes some milliseconds of a large heap, during which other threads may wait to allocate.
pub(super) fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[expect(unsafe_code, reason = "a call of the C library; it touches nothing that is in use")]
    unsafe {
        libc::malloc_trim(0);
    }
}
