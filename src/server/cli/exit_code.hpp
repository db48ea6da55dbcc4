#pragma once
// The exit codes of the process (sysexits.h). They are part of the public interface.

namespace latchkey::server::exit_code {

inline constexpr int ok = 0;
inline constexpr int usage = 64;         ///< the command line, or the request, is wrong
inline constexpr int unavailable = 69;   ///< the server, its database or a file cannot be reached
inline constexpr int bug = 70;           ///< a defect of this program
inline constexpr int permission = 77;    ///< this user has not the right
inline constexpr int configuration = 78; ///< the configuration is wrong

} // namespace latchkey::server::exit_code
