#pragma once

namespace latchkey::server {

/// Closes the process's memory, which holds credentials: from now on there are no core files, and
/// no other process of this user may read it (ptrace, /proc/PID/mem, /proc/PID/environ; prctl(2),
/// PR_SET_DUMPABLE).
void close_memory() noexcept;

} // namespace latchkey::server
