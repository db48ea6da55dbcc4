#pragma once
// What the process says at its end (sysexits.h). Part of the contract.

namespace latchkey::server::exit_code {

inline constexpr int ok = 0;
inline constexpr int usage = 64;         ///< the command line, or what it asks for, is wrong
inline constexpr int unavailable = 69;   ///< the server, its database or a place is not there
inline constexpr int bug = 70;           ///< a defect of ours
inline constexpr int permission = 77;    ///< this user may not
inline constexpr int configuration = 78; ///< the configuration is wrong

} // namespace latchkey::server::exit_code
