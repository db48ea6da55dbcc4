#include <latchkey/server/loaded_configuration.hpp>

#include <latchkey/server/key_encryption.hpp>

#include <chrono>
#include <utility>

namespace latchkey::server {

core::result<loaded_configuration> load_files(configuration settings) {
    auto issuers = load_issuers(settings);
    if (!issuers) return issuers.error();
    auto kek = read_key_encryption_key(settings.tokens);
    if (!kek) return kek.error();
    auto tls = load_tls(settings.tls, std::chrono::system_clock::now());
    if (!tls) return tls.error();
    return loaded_configuration{std::move(settings), std::move(*issuers), std::move(*kek),
                                std::move(*tls)};
}

} // namespace latchkey::server
