#pragma once
// What systemd does with a unit. All calls block.

#include <latchkey/core/result.hpp>

#include <string>
#include <vector>

namespace latchkey::server {

/// Whether systemd runs on this machine.
bool has_systemd();

bool is_active(const std::string& unit);
/// Returns the instances of latchkey@.service that run or are to run.
std::vector<std::string> running_instances();
/// Returns why the unit's process is not what is installed; empty: it is.
std::string why_restart(const std::string& unit);

core::result<void> systemctl(std::vector<std::string> words);
/// Restarts or starts it, and waits until it is ready, for a minute at most.
core::result<void> restart_and_wait(const std::string& unit);

} // namespace latchkey::server
