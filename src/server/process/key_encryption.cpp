#include "server/process/key_encryption.hpp"

#include "server/settings/secret_path.hpp"

#include <latchkey/crypto/secret.hpp>

#include <cstdlib>

namespace latchkey::server {

namespace {

constexpr std::size_t key_bytes_max = 1024;
constexpr const char* name = "tokens.key_encryption_key_file";

core::failure wrong(const std::string& what) {
    return {core::failure_kind::invalid, name + (": " + what)};
}

} // namespace

core::result<auth::key_encryption_key>
read_key_encryption_key(const auth::token_configuration& settings,
                        std::vector<exposed_file>& exposed) {
    if (settings.key_encryption_key_file.empty())
        return auth::key_encryption_key{
            nullptr, std::string("there is no key-encryption key; make one with \"umask 077; "
                                 "openssl rand -base64 32 >FILE\" and name the file in ") +
                         name};
    const char* credentials = std::getenv("CREDENTIALS_DIRECTORY");
    const auto path = secret_path(settings.key_encryption_key_file, credentials);
    if (!path) return wrong(path.error().message);
    auto text = read_secret_file(name, *path, key_bytes_max, credentials, exposed);
    if (!text) return wrong("the file \"" + *path + "\" " + text.error().message);
    const crypto::secret held(std::move(*text));
    auto key = crypto::sealing_key::parse(held.reveal());
    if (!key) return wrong("the file \"" + *path + "\": " + key.error().message);
    return auth::key_encryption_key{std::make_shared<const crypto::sealing_key>(std::move(*key)),
                                    {}};
}

} // namespace latchkey::server
