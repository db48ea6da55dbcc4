#include "api/public/tagged_text.hpp"

#include <latchkey/crypto/digest.hpp>
#include <latchkey/http/gzip_stream.hpp>

#include <utility>

namespace latchkey::api {

tagged_text tagged(std::string plain) {
    tagged_text out;
    http::gzip_stream packer(9);
    packer.begin();
    packer.add(plain, out.gzip);
    packer.finish(out.gzip);
    out.entity_tag = '"' + crypto::to_hex(crypto::sha256(plain)).substr(0, 32) + '"';
    out.plain = std::move(plain);
    return out;
}

} // namespace latchkey::api
