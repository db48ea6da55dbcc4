#include "table.hpp"

namespace latchkey::server::keys {

namespace {

template <auto Field>
constexpr field_access server_at = at<&configuration::server, Field>;
template <auto Field>
constexpr field_access http_at = at<&configuration::http, Field>;

using process = process_configuration;
using connection = http::configuration;

constexpr configuration_key rows[] = {
    {"server.listen",
     text(is_host_and_port, "host:port or [IPv6]:port, such as \"127.0.0.1:8080\""),
     server_at<&process::listen>,
     "Where the API listens: host:port or [IPv6]:port. Port 0 takes a free one; \"0.0.0.0:8080\"\n"
     "serves other machines."},
    {"server.workers", count(0, 1024), server_at<&process::workers>,
     "Threads that serve connections, each with its own event loop. 0: one per core that this "
     "process\n"
     "may use: its affinity and the whole cores of its cgroup's quota count, one at least."},
    {"server.node", text(is_node_name, "a name of at most 255 bytes"), server_at<&process::node>,
     "This node's name in `latchkey status` and `node list`. Empty: host name and port."},
    {"server.connections_max", count(1, 1'000'000), server_at<&process::connections_max>,
     "Client connections open at once, over all workers. One more gets 503. Where the system's "
     "limit\n"
     "of descriptors leaves less, less is open, and the log says so.",
     reloadable},
    {"server.connections_per_address_max", count(0, 1'000'000),
     server_at<&process::connections_per_address_max>,
     "Of these, from one client address (IPv6: one /64); trusted_callers are exempt. 0: no such\n"
     "limit, as a gateway's connections all come from one address. One more gets 503."},
    {"server.pipeline_max", count(1, 10'000), http_at<&connection::pipeline_max>,
     "Requests that a client sent in a row that are answered before other connections have their\n"
     "turn."},
    {"server.buffer_bytes_max", bytes(MiB, 1024 * 1024 * MiB),
     http_at<&connection::buffer_bytes_max>,
     "Memory for what is read and not yet answered, or answered and not yet taken, over all\n"
     "connections. Past it, requests that need more get 503, and those who do not read are "
     "closed.\n"
     "Answers of batches count when they are whole."},
    {"server.drain_timeout", duration(0s, 10min), server_at<&process::drain_timeout>,
     "After SIGTERM, how long requests under way may take to finish before they are cut off.",
     reloadable},
    {"server.start_wait", duration(0s, 1min), server_at<&process::start_wait>,
     "Where systemd has passed the listening socket: how long those who connect wait for the "
     "first\n"
     "good contact with the database. Then they are answered, with 503 if need be."},
    {"server.header_timeout", duration(100ms, 5min), http_at<&connection::header_timeout>,
     "From accept (by TLS, from the end of the handshake), or from a request's first byte, to the\n"
     "end of its header. Later: 408, or, without a byte, just the end.",
     reloadable},
    {"server.body_timeout", duration(100ms, 10min), http_at<&connection::body_timeout>,
     "From the end of a request's header to the end of its body. Later: 408.", reloadable},
    {"server.write_timeout", duration(100ms, 10min), http_at<&connection::write_timeout>,
     "For a client to take all of the answers that do not fit its socket; then the connection\n"
     "closes, however much was taken meanwhile.",
     reloadable},
    {"server.idle_timeout", duration(1s, 1h), http_at<&connection::idle_timeout>,
     "How long a keep-alive connection may rest between requests. Keep it longer than the pool's\n"
     "own timeout in your callers, so that the side that sends next is the side that closes.",
     reloadable},
    {"server.linger_timeout", duration(0s, 1min), http_at<&connection::linger_timeout>,
     "After an early refusal, how long the rest of the request is read and dropped, so that the\n"
     "client gets to read why.",
     reloadable},
    {"server.trusted_callers",
     text(is_network_list, "addresses and networks, such as "
                           "\"127.0.0.0/8, ::1\""),
     http_at<&connection::trusted_callers>,
     "Whose Cache-Control is obeyed: no-cache has the key looked up, no-store also keeps the "
     "answer\n"
     "out of the cache. Addresses and networks.",
     reloadable},
    {"server.trusted_proxies",
     text(is_network_list, "addresses and networks, such as "
                           "\"10.0.0.0/8, 2001:db8::/32\""),
     http_at<&connection::trusted_proxies>,
     "Whose X-Forwarded-For is believed: from the right, up to the first address that is none of\n"
     "these. That is the client for rate limits; an entry that is no bare address ends it, too.",
     reloadable},
    {"server.target_bytes_max", bytes(256, 64 * KiB), http_at<&connection::target_bytes_max>,
     "Length of a request's target (path and query). Longer: 414.", reloadable},
    {"server.header_bytes_max", bytes(KiB, MiB), http_at<&connection::header_bytes_max>,
     "Size of a request's header. Larger: 431.", reloadable},
    {"server.header_fields_max", count(10, 1000), http_at<&connection::header_fields_max>,
     "Fields in a request's header. More: 431.", reloadable},
    {"server.body_bytes_max", bytes(KiB, 16 * MiB), http_at<&connection::body_bytes_max>,
     "Size of a request's body. Larger: 413.", reloadable},
    {"server.batch_bytes_max", bytes(KiB, 64 * MiB), http_at<&connection::batch_bytes_max>,
     "Size of a verify-batch request's body. Larger: 413.", reloadable},
    {"server.batch_items_max", count(1, 100'000), http_at<&connection::batch_items_max>,
     "Items in one verify-batch request. More: 400.", reloadable},
    {"server.batches_max", count(0, 10'000), http_at<&connection::batches_max>,
     "verify-batch requests that a worker answers at a time, each with its answer in memory: a "
     "third\n"
     "of a MiB for a thousand usual keys, more where their metadata is large. One more: 503.\n"
     "0: none is answered.",
     reloadable},
    {"server.batch_lookups_max", count(1, 1'000'000), http_at<&connection::batch_lookups_max>,
     "Look-ups that the verify-batch requests of a worker have under way together, at most; the\n"
     "others wait for theirs, and so do those that the database would not answer soon.",
     reloadable},
    {"server.batch_scrypt_max", count(0, 1000), http_at<&connection::batch_scrypt_max>,
     "Devices of one verify-batch request whose secret may need a scrypt computed; the others are\n"
     "UNAVAILABLE in its answer.",
     reloadable},
};

} // namespace

std::span<const configuration_key> server_section() {
    return rows;
}

} // namespace latchkey::server::keys
