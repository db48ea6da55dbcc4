// The database's own speed: random keys of `bench-key-1` to `bench-key-KEYS`, looked up by one
// connection with `= ANY($1)`, binary, one query after the other.
//
//   any_loop URI KEYS KEYS_PER_QUERY SECONDS      prints rows per second
#include "pg/statements.hpp"

#include <libpq-fe.h>
#include <openssl/sha.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>

namespace {

constexpr std::uint32_t bytea_oid = 17;

void append(std::string& out, std::uint32_t n) {
    for (int shift = 24; shift >= 0; shift -= 8)
        out += static_cast<char>(n >> shift & 255);
}

// A one-dimensional array of bytea, in the form that PostgreSQL's array_recv reads.
std::string random_keys(std::mt19937_64& random, std::uint64_t keys, std::uint32_t count) {
    std::string out;
    for (const std::uint32_t n : {1u, 0u, bytea_oid, count, 1u})
        append(out, n);
    for (std::uint32_t i = 0; i < count; ++i) {
        const auto key = "bench-key-" + std::to_string(random() % keys + 1);
        unsigned char hash[SHA256_DIGEST_LENGTH];
        ::SHA256(reinterpret_cast<const unsigned char*>(key.data()), key.size(), hash);
        append(out, sizeof hash);
        out.append(reinterpret_cast<const char*>(hash), sizeof hash);
    }
    return out;
}

struct closing {
    void operator()(PGconn* c) const { ::PQfinish(c); }
    void operator()(PGresult* r) const { ::PQclear(r); }
};
using result = std::unique_ptr<PGresult, closing>;

[[noreturn]] void fail(PGconn* c) {
    std::fprintf(stderr, "%s\n", ::PQerrorMessage(c));
    std::exit(1);
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 5) return 64;
    const std::unique_ptr<PGconn, closing> connection(::PQconnectdb(argv[1]));
    auto* c = connection.get();
    if (::PQstatus(c) != CONNECTION_OK) fail(c);
    const auto keys = std::strtoull(argv[2], nullptr, 10);
    const auto count = static_cast<std::uint32_t>(std::strtoul(argv[3], nullptr, 10));
    const std::chrono::duration<double> wanted(std::strtod(argv[4], nullptr));
    const std::string query(latchkey::pg::statements::find_api_keys.text); // the server's own
    if (::PQresultStatus(result(::PQprepare(c, "find", query.c_str(), 1, nullptr)).get()) !=
        PGRES_COMMAND_OK)
        fail(c);

    std::mt19937_64 random(7);
    std::uint64_t rows = 0;
    const auto begin = std::chrono::steady_clock::now();
    std::chrono::duration<double> took{};
    while (took < wanted) {
        const auto parameter = random_keys(random, keys, count);
        const char* values[] = {parameter.data()};
        const int lengths[] = {static_cast<int>(parameter.size())};
        const int formats[] = {1};
        const result found(::PQexecPrepared(c, "find", 1, values, lengths, formats, 1));
        if (::PQresultStatus(found.get()) != PGRES_TUPLES_OK) fail(c);
        rows += static_cast<std::uint64_t>(::PQntuples(found.get()));
        took = std::chrono::steady_clock::now() - begin;
    }
    std::printf("%.0f\n", static_cast<double>(rows) / took.count());
}
