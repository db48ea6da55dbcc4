#pragma once
// The files that [tls] names.

#include "server/settings/secret_file.hpp"

#include <latchkey/core/clock.hpp>
#include <latchkey/core/result.hpp>
#include <latchkey/net/configuration.hpp>
#include <latchkey/net/tls/tls_credentials.hpp>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace latchkey::server {

/// What tells that a file has changed, whoever is behind its name by now. Zero: it is not there.
struct file_stamp {
    std::uint64_t inode = 0;
    std::int64_t size = 0;
    std::int64_t modified_ns = 0;
    std::int64_t changed_ns = 0;
    bool operator==(const file_stamp&) const = default;
};

/// Of certificate, key and authorities.
using tls_stamps = std::array<file_stamp, 3>;

/// What the files held, and their stamps from before they were read.
struct loaded_tls {
    std::shared_ptr<const net::tls_credentials> credentials; ///< null: no TLS
    tls_stamps stamps;
    std::vector<exposed_file> exposed; ///< the key's file, when it is
};

/// Blocks: reads the files. Fails with a sentence that names the key, the file and the cause.
core::result<loaded_tls> load_tls(const net::tls_configuration&, core::real_time now);

/// Blocks: asks the file system.
tls_stamps stamps_of(const net::tls_configuration&);

/// What the room of cryptography needs to know of the section.
net::tls_rules rules_of(const net::tls_configuration&);

} // namespace latchkey::server
