#include "server/settings/loaded_configuration.hpp"

#include "server/process/key_encryption.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

namespace latchkey::server {

core::result<loaded_configuration> load_files(configuration settings) {
    auto exposed = settings.exposed;
    auto issuers = load_issuers(settings);
    if (!issuers) return issuers.error();
    auto kek = read_key_encryption_key(settings.tokens, exposed);
    if (!kek) return kek.error();
    auto tls = load_tls(settings.tls, std::chrono::system_clock::now());
    if (!tls) return tls.error();
    std::ranges::copy(issuers->exposed, std::back_inserter(exposed));
    std::ranges::copy(tls->exposed, std::back_inserter(exposed));
    return loaded_configuration{std::move(settings), std::move(*issuers), std::move(*kek),
                                std::move(*tls), std::move(exposed)};
}

} // namespace latchkey::server
