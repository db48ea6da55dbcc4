#pragma once
// Reads the files that section [tls] names.

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

/// Identifies a version of a file: it differs if the file was changed or replaced. All zero: there
/// is no file.
struct file_stamp {
    std::uint64_t inode = 0;
    std::int64_t size = 0;
    std::int64_t modified_ns = 0;
    std::int64_t changed_ns = 0;
    bool operator==(const file_stamp&) const = default;
};

/// The stamps of certificate, private key and authorities.
using tls_stamps = std::array<file_stamp, 3>;

/// The content of the files, and their stamps from before they were read.
struct loaded_tls {
    std::shared_ptr<const net::tls_credentials> credentials; ///< null: no TLS
    tls_stamps stamps;
    std::vector<exposed_file> exposed; ///< the private key's file, if every user may open it
};

/// Blocks: it reads the files. Fails with a sentence that names the setting, the file and the
/// cause.
core::result<loaded_tls> load_tls(const net::tls_configuration&, core::real_time now);

/// Blocks: it asks the file system.
tls_stamps stamps_of(const net::tls_configuration&);

/// Returns the part of the section that net::tls_context needs.
net::tls_rules rules_of(const net::tls_configuration&);

} // namespace latchkey::server
