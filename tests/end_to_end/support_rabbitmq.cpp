#include "support_rabbitmq.hpp"

#include "gateway_files.hpp"
#include "shown_certificates.hpp"

#include <boost/json/parse.hpp>

#include <sstream>
#include <thread>

namespace latchkey::test {

namespace {

// RabbitMQ takes its time to start, on a busy machine above all.
constexpr std::chrono::seconds start_max{180};

bool listens(int port) {
    try {
        gateway_site::unwatched(port);
        return true;
    } catch (const std::runtime_error&) {
        return false;
    }
}

std::string text_of(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

} // namespace

rabbitmq_site::rabbitmq_site() {
    start_latchkey();
    start_broker();
}

rabbitmq_site::~rabbitmq_site() {
    broker_.reset();
    names_.reset();
}

void rabbitmq_site::start_latchkey() {
    authority_.write(folder.file("authority.pem"));
    keep_certificate(folder, authority_, "server", "DNS:localhost,IP:127.0.0.1");
    keep_certificate(folder, authority_, "rabbitmq", "DNS:rabbitmq.example");
    latchkey = std::make_unique<server_process>(
        database.uri(), "workers = 1\n",
        "[auth]\ncallers = \"required\"\n" + tls_that_asks(folder, "authority.pem") +
            "[[callers]]\ncertificate = \"rabbitmq.example\"\n"
            "scopes = \"latchkey:verify\"\norganization = \"ours\"\n");
    BOOST_REQUIRE(
        soon([&] { return client(latchkey->api_socket()).ask(get("/readyz")).status == 200; }));
    latchkey->create_organization("ours");
}

void rabbitmq_site::write_configuration() const {
    shipped_file shipped("../brokers/rabbitmq/rabbitmq.conf");
    shipped.replace("latchkey.example:8443", "localhost:" + std::to_string(latchkey->port()));
    shipped.replace("listeners.tcp = none", ""); // a test shows that nobody gets anywhere by AMQP
    shipped.write(folder.file("rabbitmq.conf"));
    // For the test's sake.
    std::ofstream(folder.file("rabbitmq.conf"), std::ios::app)
        << "listeners.tcp.1 = 127.0.0.1:" << amqp_port_.number()
        << "\nmqtt.listeners.tcp.1 = 127.0.0.1:" << mqtt_port_.number()
        << "\ndisk_free_limit.absolute = 1MB\n";
    shipped_file advanced("../brokers/rabbitmq/advanced.config");
    advanced.replace("/etc/rabbitmq/latchkey-ca.pem", folder.file("authority.pem"));
    advanced.replace("/etc/rabbitmq/latchkey-client.pem", folder.file("rabbitmq.pem"));
    advanced.replace("/etc/rabbitmq/latchkey-client-key.pem", folder.file("rabbitmq-key.pem"));
    advanced.write(folder.file("advanced.config"));
    shipped_file("../brokers/rabbitmq/enabled_plugins").write(folder.file("enabled_plugins"));
    write_file(folder.file("environment"), ""); // instead of the machine's own
}

std::vector<std::string> rabbitmq_site::environment() const {
    return {"/usr/bin/env",
            "HOME=" + folder.file(""), // for the cookie
            "ERL_EPMD_ADDRESS=127.0.0.1",
            "ERL_EPMD_PORT=" + std::to_string(names_port_.number()),
            "RABBITMQ_NODENAME=latchkey-test@localhost",
            "RABBITMQ_DIST_PORT=" + std::to_string(node_port_.number()),
            "RABBITMQ_CONF_ENV_FILE=" + folder.file("environment"),
            "RABBITMQ_CONFIG_FILE=" + folder.file("rabbitmq.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE=" + folder.file("advanced.config"),
            "RABBITMQ_ENABLED_PLUGINS_FILE=" + folder.file("enabled_plugins"),
            "RABBITMQ_MNESIA_BASE=" + folder.file("mnesia"),
            "RABBITMQ_LOG_BASE=" + folder.file("log"),
            "RABBITMQ_LOGS=" + folder.file("rabbitmq.log"),
            "RABBITMQ_GENERATED_CONFIG_DIR=" + folder.file("generated"),
            "RABBITMQ_SCHEMA_DIR=" + folder.file("schema"),
            "RABBITMQ_PID_FILE=" + folder.file("pid"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=-start_epmd false -kernel "
            "inet_dist_use_interface {127,0,0,1}",
            "RUNNING_UNDER_SYSTEMD=1"}; // no shell stands between
}

void rabbitmq_site::start_broker() {
    write_configuration();
    names_ = std::make_unique<child_process>(
        std::vector<std::string>{"/usr/bin/epmd", "-address", "127.0.0.1", "-port",
                                 std::to_string(names_port_.number())},
        folder.file("epmd"));
    BOOST_REQUIRE(soon([&] { return listens(names_port_.number()); }));
    auto command = environment();
    command.emplace_back("/usr/lib/rabbitmq/bin/rabbitmq-server");
    broker_ = std::make_unique<child_process>(command, folder.file("output"));
    const auto end = std::chrono::steady_clock::now() + start_max;
    while (!listens(mqtt_port_.number()) && std::chrono::steady_clock::now() < end)
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    BOOST_REQUIRE_MESSAGE(listens(mqtt_port_.number()), "RabbitMQ does not start: " + log());
}

mqtt_device rabbitmq_site::make_device(const std::string& id, const std::string& scopes) const {
    const auto made = latchkey->command({"device", "register", "--organization", "ours", "--name",
                                         id, "--id", id, "--scopes", scopes, "--json"});
    BOOST_REQUIRE_MESSAGE(made.exit_code == 0, made.err);
    return {id,
            std::string(boost::json::parse(made.out).as_object().at("device_secret").as_string())};
}

std::vector<std::string> rabbitmq_site::options_of(const mqtt_device& device,
                                                   const std::string& client_id) const {
    return {"-h", "127.0.0.1",
            "-p", std::to_string(mqtt_port_.number()),
            "-i", client_id.empty() ? device.id : client_id,
            "-u", device.id,
            "-P", device.secret,
            "-q", "1"};
}

outcome rabbitmq_site::publish(const mqtt_device& device, const std::string& topic,
                               const std::string& text, const std::string& client_id) const {
    std::vector<std::string> words = {"/usr/bin/timeout", "120", "/usr/bin/mosquitto_pub"};
    for (const auto& word : options_of(device, client_id))
        words.push_back(word);
    for (const auto& word : {std::string("-t"), topic, std::string("-m"), text})
        words.push_back(word);
    return run(words);
}

// What it prints is in its log at once.
std::unique_ptr<child_process> rabbitmq_site::subscribe(const mqtt_device& device,
                                                        const std::string& filter,
                                                        const std::string& client_id) const {
    std::vector<std::string> words = {"/usr/bin/stdbuf", "-oL", "/usr/bin/mosquitto_sub"};
    for (const auto& word : options_of(device, client_id))
        words.push_back(word);
    for (const auto& word : {std::string("-d"), std::string("-t"), filter})
        words.push_back(word);
    return std::make_unique<child_process>(
        words, folder.file("subscriber-" + std::to_string(++subscribers_)));
}

outcome rabbitmq_site::control(std::vector<std::string> words) const {
    auto command = environment();
    command.emplace_back("/usr/lib/rabbitmq/bin/rabbitmqctl");
    command.insert(command.end(), words.begin(), words.end());
    return run(command);
}

std::string rabbitmq_site::connect_by_amqp(const mqtt_device& device) const {
    const auto done =
        control({"eval", "{ok, P} = amqp_uri:parse(\"amqp://" + device.id + ":" + device.secret +
                             "@127.0.0.1:" + std::to_string(amqp_port_.number()) +
                             "/%2f\"), amqp_connection:start(P)."});
    return done.out + done.err;
}

std::string rabbitmq_site::log() const {
    return text_of(folder.file("output")) + text_of(folder.file("rabbitmq.log"));
}

} // namespace latchkey::test
