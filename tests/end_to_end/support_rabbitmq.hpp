#pragma once
// A real RabbitMQ with its MQTT plugin, which asks a real Latchkey, and a real MQTT client. All
// that RabbitMQ has is in a folder and on ports of its own: its Erlang node, epmd and cookie as
// well.

#include "support_gateway.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace latchkey::test {

/// A device that an MQTT client is.
struct mqtt_device {
    std::string id;
    std::string secret;
};

class rabbitmq_site {
  public:
    /// The devices are of the organization "ours".
    rabbitmq_site();
    ~rabbitmq_site();

    mqtt_device make_device(const std::string& id, const std::string& scopes) const;

    /// Publishes one message, and waits until RabbitMQ has confirmed it. `client_id`: the device's
    /// id if it is empty.
    outcome publish(const mqtt_device&, const std::string& topic, const std::string& text,
                    const std::string& client_id = {}) const;
    /// Subscribes and goes on; its log has the messages, and "Subscribed" once it has subscribed.
    std::unique_ptr<child_process> subscribe(const mqtt_device&, const std::string& filter,
                                             const std::string& client_id = {}) const;
    /// rabbitmqctl.
    outcome control(std::vector<std::string> words) const;
    /// Connects by AMQP from within the broker. Returns what its client says.
    std::string connect_by_amqp(const mqtt_device&) const;
    /// The broker's own log and output.
    std::string log() const;

    void kill_latchkey() { again_.kill(*latchkey); }
    void restart_latchkey() { again_.restart(*latchkey, folder.file("latchkey-again")); }

    const temporary_folder folder;
    migrated_database database;
    std::unique_ptr<server_process> latchkey;

  private:
    void start_latchkey();
    void start_broker();
    void write_configuration() const;
    std::vector<std::string> environment() const;
    std::vector<std::string> options_of(const mqtt_device&, const std::string& client_id) const;

    certificate_authority authority_;
    reserved_port mqtt_port_;
    reserved_port amqp_port_;
    reserved_port node_port_;
    reserved_port names_port_; ///< of epmd
    restarted_latchkey again_;
    std::unique_ptr<child_process> names_;
    std::unique_ptr<child_process> broker_;
    mutable int subscribers_ = 0;
};

} // namespace latchkey::test
