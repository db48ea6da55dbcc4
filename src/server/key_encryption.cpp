#include <latchkey/server/key_encryption.hpp>

#include <latchkey/crypto/secret.hpp>
#include <latchkey/server/configuration_readers.hpp>
#include <latchkey/server/secret_path.hpp>

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
read_key_encryption_key(const auth::token_configuration& settings) {
    if (settings.key_encryption_key_file.empty())
        return auth::key_encryption_key{
            nullptr, std::string("there is no key-encryption key; make one with \"openssl rand "
                                 "-base64 32\" and name its file in ") +
                         name};
    const auto path =
        secret_path(settings.key_encryption_key_file, std::getenv("CREDENTIALS_DIRECTORY"));
    if (!path) return wrong(path.error().message);
    auto text = read_small_file(*path, key_bytes_max);
    if (!text) return wrong("the file \"" + *path + "\" " + text.error().message);
    const crypto::secret held(std::move(*text));
    auto key = crypto::sealing_key::parse(held.reveal());
    if (!key) return wrong("the file \"" + *path + "\": " + key.error().message);
    return auth::key_encryption_key{std::make_shared<const crypto::sealing_key>(std::move(*key)),
                                    {}};
}

} // namespace latchkey::server
