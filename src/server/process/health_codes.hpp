#pragma once
// The codes of failing checks, each with what to do about it. Health, `latchkey status`, the log
// and the metric auth_degraded all have them from here.

#include <algorithm>
#include <array>
#include <string_view>

namespace latchkey::server {

struct health_code {
    std::string_view code;
    std::string_view mend;
    /// Its changes are logged where they happen, with the mend or its details.
    bool logged_elsewhere = false;
};

inline constexpr std::array<health_code, 21> health_codes = {{
    {"DATABASE_UNUSABLE",
     "start the database, or correct database.uri; latchkey doctor says what is wrong with it"},
    {"DATABASE_NOT_MIGRATED",
     "run latchkey migrate (where the package is installed: latchkey setup schema)"},
    {"DATABASE_RIGHT_MISSING", "run what latchkey doctor prints: the GRANT that is missing"},
    {"DATABASE_URI_UNUSABLE",
     "correct database.uri and reload: connections of before are still used"},
    {"FEED_LATE", "see whether the database is overloaded, and whether this machine is: top, "
                  "select * from pg_stat_activity"},
    {"FEED_UNREADABLE", "let this node read latchkey.changes again: latchkey doctor says what "
                        "stands in the way"},
    {"CACHED_ANSWERS_ENDED", "let this node reach the database again: latchkey doctor", true},
    {"FEED_HAMPERED", "let the database take what the server writes into the schema latchkey, and "
                      "give it a connection by which notifications arrive"},
    {"BREAKER_OPEN", "see why the database does not answer: latchkey doctor, and its own log",
     true},
    {"BREAKER_HALF_OPEN", "wait for the probes of the database", true},
    {"CLOCK_DIFFERS", "keep this machine and the database's by NTP: timedatectl set-ntp true"},
    {"CERTIFICATE_ENDS_SOON", "put a new certificate and its key into the files of "
                              "tls.certificate_file and tls.key_file: they are read by themselves"},
    {"CERTIFICATE_EXPIRED", "put a new certificate and its key into the files of "
                            "tls.certificate_file and tls.key_file: they are read by themselves"},
    {"ISSUING_IMPOSSIBLE", "give tokens.key_encryption_key_file the file that all nodes have, and "
                           "restart; latchkey doctor says what is wrong with it"},
    {"CONNECTIONS_FULL", "let callers keep fewer connections open, add a node, or raise "
                         "server.connections_max and LimitNOFILE="},
    {"ELEMENTS_NOT_TAKEN", "correct the elements of organizations.api_keys: latchkey status "
                           "names the first ones"},
    {"LOG_LINES_DROPPED", "make room for the log, or let what reads it be faster: journalctl "
                          "--vacuum-size=1G"},
    {"CHANGES_NOT_RECORDED", "run latchkey migrate (where the package is installed: latchkey setup "
                             "schema), and see what the database's log says of "
                             "latchkey.audit_events"},
    {"ISSUER_KEYS_UNAVAILABLE", "let this machine reach the issuer's jwks_url, or correct the "
                                "issuer's settings"},
    {"REVOCATIONS_INCOMPLETE", "raise cache.revocations_max, and restart"},
    {"FINDINGS", "latchkey doctor names each with its mend", true},
}};

/// Null if there is no such code.
constexpr const health_code* health_code_named(std::string_view code) noexcept {
    const auto* found = std::ranges::find(health_codes, code, &health_code::code);
    return found == health_codes.end() ? nullptr : found;
}

} // namespace latchkey::server
