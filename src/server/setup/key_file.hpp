#pragma once
// The key-encryption key in /etc/latchkey, in the clear or sealed for this machine.

#include "server/setup/setup_terms.hpp"

#include <latchkey/core/result.hpp>

#include <string>

namespace latchkey::server {

class key_file {
  public:
    /// How systemd calls the credential.
    static constexpr std::string_view credential = "key-encryption-key";

    explicit key_file(const setup_terms& terms) : terms_(terms) {}

    static std::string plain_path();  ///< without --root
    static std::string sealed_path(); ///< without --root
    bool is_plain() const;
    bool is_there() const;
    /// The path of what is there, or of what make() makes; without --root.
    std::string path() const;
    bool seals() const;

    /// Returns why the file is not handed on, and what to do; empty: it is good. It must be there.
    std::string problem() const;
    /// Makes 32 random bytes. Nothing may be there yet.
    core::result<void> make() const;
    /// What prints the key of path().
    std::string shown_by() const;

  private:
    core::result<std::string> contents() const;

    const setup_terms& terms_;
};

} // namespace latchkey::server
