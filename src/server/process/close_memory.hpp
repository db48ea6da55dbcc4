#pragma once

namespace latchkey::server {

/// Memory holds credentials: from here on no core file has it, and no other process of this user
/// may look into it (ptrace, /proc/PID/mem, /proc/PID/environ; prctl(2), PR_SET_DUMPABLE).
void close_memory() noexcept;

} // namespace latchkey::server
