#pragma once
// Peer authentication believes the effective user of whoever connects.

#include <latchkey/core/result.hpp>

#include <sys/types.h>

#include <string>

namespace latchkey::server {

/// While it lives, root's process acts as another user of this machine. For a command's only
/// thread.
class acting_as {
  public:
    /// Fails with `unavailable` if there is no such user. Anybody but root stays who he is.
    static core::result<acting_as> user(const std::string& name);
    ~acting_as();
    acting_as(acting_as&& other) noexcept : acts_(other.acts_) { other.acts_ = false; }
    acting_as& operator=(acting_as&&) = delete;

  private:
    explicit acting_as(bool acts) : acts_(acts) {}
    bool acts_;
};

} // namespace latchkey::server
