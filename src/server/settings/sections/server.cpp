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
     "Addresses that the API listens on: host:port, [IPv6]:port or unix:/path, separated by\n"
     "commas. Port 0 takes a free port; \"0.0.0.0:8080\" serves other machines. If systemd passes\n"
     "sockets, they are used instead."},
    {"server.socket_mode",
     text(is_file_mode, "three octal digits, perhaps behind a 0, such as "
                        "\"0660\""),
     server_at<&process::socket_mode>,
     "The file mode of unix:/path. A client must be able to write to the socket. For a group of\n"
     "your choice, let systemd open the socket (SocketGroup=, SocketMode=)."},
    {"server.proxy_protocol", text(is_list, "names of listeners, separated by commas"),
     server_at<&process::proxy_protocol>,
     "Listeners where each connection must begin with a PROXY header (version 1 or 2). Name each\n"
     "as it stands in server.listen, by the address of a socket that systemd passes, or by its\n"
     "FileDescriptorName=. Only server.trusted_proxies and peers of unix sockets may connect\n"
     "there. The address in the header counts as the client's."},
    {"server.proxy_protocol_timeout", duration(100ms, 1min),
     server_at<&process::proxy_protocol_timeout>,
     "Time from accept to the end of the PROXY header. After it, the connection is closed."},
    {"server.proxy_protocol_bytes_max", bytes(108, 64 * KiB),
     server_at<&process::proxy_protocol_bytes_max>,
     "Size of a PROXY header of version 2, with everything that the proxy adds. If it is larger,\n"
     "the connection is closed."},
    {"server.workers", count(0, 1024), server_at<&process::workers>,
     "Threads that serve connections, each with its own event loop. 0: one for each core that\n"
     "this process may use, by its affinity and its cgroup's quota (whole cores, at least one)."},
    {"server.node", text(is_node_name, "a name of at most 255 bytes"), server_at<&process::node>,
     "This node's name in `latchkey status` and `node list`. Empty: host name and port."},
    {"server.check_interval", duration(1s, 24h), server_at<&process::check_interval>,
     "Pause between two examinations, which look at the same as `latchkey doctor`. What they find\n"
     "is in /health, in the metric auth_findings, in the log and at GET /admin/v1/findings."},
    {"server.connections_max", count(1, 1'000'000), server_at<&process::connections_max>,
     "Open client connections, over all workers. One more gets 503. If the system's limit of\n"
     "descriptors allows fewer, that limit applies, and the log says so.",
     reloadable},
    {"server.connections_per_address_max", count(0, 1'000'000),
     server_at<&process::connections_per_address_max>,
     "Open connections of one client address (IPv6: one /64). The address is the one in the PROXY\n"
     "header, or else the peer's. trusted_proxies and peers of unix sockets are exempt. One more\n"
     "gets 503. 0: there is no such limit."},
    {"server.pipeline_max", count(1, 10'000), http_at<&connection::pipeline_max>,
     "How many requests that a client sent in a row are answered before other connections have\n"
     "their turn."},
    {"server.buffer_bytes_max", bytes(MiB, 1024 * 1024 * MiB),
     http_at<&connection::buffer_bytes_max>,
     "Memory for requests that are not answered yet and for answers that clients have not read\n"
     "yet, over all connections. Past it, requests that need more get 503, and connections of\n"
     "clients that do not read are closed. The answer of a batch counts when it is complete."},
    {"server.drain_timeout", duration(0s, 10min), server_at<&process::drain_timeout>,
     "After SIGTERM, how long requests under way may take to finish before they are cut off.",
     reloadable},
    {"server.start_wait", duration(0s, 1min), server_at<&process::start_wait>,
     "With a listening socket from systemd: how long clients wait at the start for the first good\n"
     "contact with the database. After it they are answered, with 503 if necessary."},
    {"server.world_readable_secrets", flag(), server_at<&process::world_readable_secrets>,
     "Whether files that hold secrets (the key-encryption key, TLS keys, issuers' secrets, the\n"
     "database's URI) may be readable by every user. If false, the server does not start with\n"
     "such a file (exit 77) and prints the chmod that closes it. true is for containers whose\n"
     "mounted secrets are readable by everybody."},
    {"server.header_timeout", duration(100ms, 5min), http_at<&connection::header_timeout>,
     "Time for a request's header, from accept (with TLS: from the end of the handshake) or from\n"
     "the request's first byte. After it: 408, or just a closed connection if no byte has\n"
     "arrived.",
     reloadable},
    {"server.body_timeout", duration(100ms, 10min), http_at<&connection::body_timeout>,
     "Time for a request's body, from the end of the header. After it: 408.", reloadable},
    {"server.write_timeout", duration(100ms, 10min), http_at<&connection::write_timeout>,
     "Time for a client to read all answers that do not fit into its socket's buffer. After it,\n"
     "the connection is closed, even if the client has read a part.",
     reloadable},
    {"server.idle_timeout", duration(1s, 1h), http_at<&connection::idle_timeout>,
     "How long a keep-alive connection may rest between requests. Keep it longer than the timeout\n"
     "of your callers' connection pools, so that callers close resting connections first and\n"
     "never send on one that the server is closing.",
     reloadable},
    {"server.linger_timeout", duration(0s, 1min), http_at<&connection::linger_timeout>,
     "After a request is refused early, how long the rest of it is read and dropped, so that the\n"
     "client can read the answer.",
     reloadable},
    {"server.trusted_callers",
     text(is_network_list, "addresses and networks, such as "
                           "\"127.0.0.0/8, ::1\""),
     http_at<&connection::trusted_callers>,
     "Clients whose Cache-Control is obeyed (no-cache: the credential is looked up; no-store: the\n"
     "answer is not cached either) and whose \"ip\" counts at generate-token. Addresses and\n"
     "networks; behind a trusted proxy, the address that the proxy names. A request is not\n"
     "trusted if anybody else forwarded it, if its client cannot be read, or if its client is a\n"
     "proxy.",
     reloadable},
    {"server.trusted_unix_callers", flag(), http_at<&connection::trusted_unix_callers>,
     "Whether requests over a unix socket that were not forwarded are trusted in the same way.",
     reloadable},
    {"server.trusted_proxies",
     text(is_network_list, "addresses and networks, such as "
                           "\"10.0.0.0/8, 2001:db8::/32\""),
     http_at<&connection::trusted_proxies>,
     "Proxies whose X-Forwarded-For is believed; peers of unix sockets are believed as well. The\n"
     "client is the rightmost address that is not one of these. If an entry that is not an\n"
     "address comes first, the proxy that wrote it counts as the client, and the request is not\n"
     "trusted.",
     reloadable},
    {"server.target_bytes_max", bytes(256, 64 * KiB), http_at<&connection::target_bytes_max>,
     "Length of a request's target (path and query). If it is longer: 414.", reloadable},
    {"server.header_bytes_max", bytes(KiB, MiB), http_at<&connection::header_bytes_max>,
     "Size of a request's header. If it is larger: 431.", reloadable},
    {"server.header_fields_max", count(10, 1000), http_at<&connection::header_fields_max>,
     "Fields in a request's header. If there are more: 431.", reloadable},
    {"server.body_bytes_max", bytes(KiB, 16 * MiB), http_at<&connection::body_bytes_max>,
     "Size of a request's body. If it is larger: 413.", reloadable},
    {"server.batch_bytes_max", bytes(KiB, 64 * MiB), http_at<&connection::long_body_bytes_max>,
     "Size of the body of a verify-batch request. If it is larger: 413.", reloadable},
    {"server.batch_items_max", count(1, 100'000), batch_at<&batch::items_max>,
     "Items in one verify-batch request. If there are more: 400.", reloadable},
    {"server.batches_max", count(0, 10'000), batch_at<&batch::batches_max>,
     "verify-batch requests that a worker answers at a time. Each keeps its answer in memory: a\n"
     "third of a MiB for a thousand usual keys, more if their metadata is large. One more gets\n"
     "503. 0: all of them get 503.",
     reloadable},
    {"server.batch_lookups_max", count(1, 1'000'000), batch_at<&batch::lookups_max>,
     "Look-ups that all verify-batch requests of a worker may have under way together. Further\n"
     "ones wait, as do those that the database could not answer soon.",
     reloadable},
    {"server.batch_scrypt_max", count(0, 1000), batch_at<&batch::scrypt_max>,
     "Devices in one verify-batch request whose secret may need a scrypt computation. Further\n"
     "ones are UNAVAILABLE in the answer.",
     reloadable},
};

} // namespace

std::span<const setting> server_section() {
    return rows;
}

} // namespace latchkey::server::settings
