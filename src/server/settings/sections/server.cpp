#include "server/settings/sections/table.hpp"

namespace latchkey::server::settings {

namespace {

template <auto Field>
constexpr field_access server_at = at<&configuration::server, Field>;
template <auto Field>
constexpr field_access http_at = at<&configuration::http, Field>;
template <auto Field>
constexpr field_access batch_at = at<&configuration::batches, Field>;

using process = process_configuration;
using connection = http::configuration;
using batch = api::batch_configuration;

constexpr setting rows[] = {
    {"server.listen",
     text(is_listen_list, "host:port, [IPv6]:port or unix:/path, each once, separated by commas, "
                          "such as \"127.0.0.1:8080, unix:/run/latchkey/api.sock\""),
     server_at<&process::listen>,
     "Where the API listens: host:port, [IPv6]:port or unix:/path, separated by commas. Port 0 "
     "takes "
     "a\n"
     "free one; \"0.0.0.0:8080\" serves other machines. Sockets that systemd passes are used "
     "instead."},
    {"server.socket_mode",
     text(is_file_mode, "three octal digits, perhaps behind a 0, such as "
                        "\"0660\""),
     server_at<&process::socket_mode>,
     "The mode of unix:/path: who may connect must be able to write to it. For a group of your\n"
     "choice, let systemd open the socket (SocketGroup=, SocketMode=)."},
    {"server.proxy_protocol", text(is_list, "names of listeners, separated by commas"),
     server_at<&process::proxy_protocol>,
     "Listeners behind which the PROXY protocol (1 or 2) must be spoken, each as it stands in\n"
     "server.listen, as the address of a socket that systemd passes, or as its "
     "FileDescriptorName=.\n"
     "Only server.trusted_proxies and peers of unix sockets are heard there; the address that "
     "they\n"
     "name is the connection's."},
    {"server.proxy_protocol_timeout", duration(100ms, 1min),
     server_at<&process::proxy_protocol_timeout>,
     "From accept to the end of the PROXY header. Later: the connection closes."},
    {"server.proxy_protocol_bytes_max", bytes(108, 64 * KiB),
     server_at<&process::proxy_protocol_bytes_max>,
     "Size of a PROXY header of version 2, with all that the proxy adds. Larger: the connection "
     "closes."},
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
     "Of these, from one client address (IPv6: one /64): whom the PROXY protocol names, else the "
     "peer.\n"
     "trusted_proxies and peers of unix sockets are exempt. 0: no such limit. One more gets 503."},
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
    {"server.world_readable_secrets", flag(), server_at<&process::world_readable_secrets>,
     "Whether files that hold secrets (keys of tokens and TLS, issuers' secrets, the database's "
     "URI)\n"
     "may be readable by every user. With false, the server does not start on one (exit 77), and "
     "says\n"
     "which chmod mends it. true is for containers, whose mounted secrets often are."},
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
     "Whose Cache-Control is obeyed (no-cache has the key looked up, no-store also keeps the "
     "answer\n"
     "out of the cache), and whose \"ip\" counts at generate-token. Addresses and networks of "
     "clients;\n"
     "behind a proxy, of whom a trusted proxy names. A request that was forwarded by anybody else, "
     "or\n"
     "for a client who cannot be read or is a proxy, is not trusted.",
     reloadable},
    {"server.trusted_unix_callers", flag(), http_at<&connection::trusted_unix_callers>,
     "The same of who comes by a unix socket, and was not forwarded.", reloadable},
    {"server.trusted_proxies",
     text(is_network_list, "addresses and networks, such as "
                           "\"10.0.0.0/8, 2001:db8::/32\""),
     http_at<&connection::trusted_proxies>,
     "Whose X-Forwarded-For is believed, beside peers of unix sockets: from the right, up to the "
     "first\n"
     "address that is none of these. That is the client; an entry that names no address ends it, "
     "too.",
     reloadable},
    {"server.target_bytes_max", bytes(256, 64 * KiB), http_at<&connection::target_bytes_max>,
     "Length of a request's target (path and query). Longer: 414.", reloadable},
    {"server.header_bytes_max", bytes(KiB, MiB), http_at<&connection::header_bytes_max>,
     "Size of a request's header. Larger: 431.", reloadable},
    {"server.header_fields_max", count(10, 1000), http_at<&connection::header_fields_max>,
     "Fields in a request's header. More: 431.", reloadable},
    {"server.body_bytes_max", bytes(KiB, 16 * MiB), http_at<&connection::body_bytes_max>,
     "Size of a request's body. Larger: 413.", reloadable},
    {"server.batch_bytes_max", bytes(KiB, 64 * MiB), http_at<&connection::long_body_bytes_max>,
     "Size of a verify-batch request's body. Larger: 413.", reloadable},
    {"server.batch_items_max", count(1, 100'000), batch_at<&batch::items_max>,
     "Items in one verify-batch request. More: 400.", reloadable},
    {"server.batches_max", count(0, 10'000), batch_at<&batch::batches_max>,
     "verify-batch requests that a worker answers at a time, each with its answer in memory: a "
     "third\n"
     "of a MiB for a thousand usual keys, more where their metadata is large. One more: 503.\n"
     "0: none is answered.",
     reloadable},
    {"server.batch_lookups_max", count(1, 1'000'000), batch_at<&batch::lookups_max>,
     "Look-ups that the verify-batch requests of a worker have under way together, at most; the\n"
     "others wait for theirs, and so do those that the database would not answer soon.",
     reloadable},
    {"server.batch_scrypt_max", count(0, 1000), batch_at<&batch::scrypt_max>,
     "Devices of one verify-batch request whose secret may need a scrypt computed; the others are\n"
     "UNAVAILABLE in its answer.",
     reloadable},
};

} // namespace

std::span<const setting> server_section() {
    return rows;
}

} // namespace latchkey::server::settings
