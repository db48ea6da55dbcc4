#include "server/cli/commands.hpp"
#include "server/cli/importer.hpp"

#include <boost/json/array.hpp>

namespace latchkey::server {

namespace {

constexpr option options[] = {socket_option, json_option};

class devices final : public import_kind {
  public:
    explicit devices(bool json) : json_(json) {}

    std::string_view target() const override { return "/admin/v1/devices/import"; }
    import_bounds bounds() const override {
        // Less than the default of server.body_bytes_max.
        constexpr std::size_t bytes_max = std::size_t{48} * 1024;
        return {bytes_max, 500, bytes_max};
    }
    std::string opening() const override { return R"({"devices":)"; }
    std::string_view number_name() const override { return "line"; }

    void count(const boost::json::object& answer, std::span<const json_item> items,
               import_remarks& remarks) override {
        imported_ += answer.at("imported").to_number<std::size_t>();
        for (const auto& one : answer.at("refused").as_array()) {
            const auto index = one.at("index").to_number<std::size_t>();
            if (index < items.size())
                remarks.skip(items[index], std::string(one.at("why").as_string()));
        }
    }
    std::string so_far() const override { return std::to_string(imported_) + " devices"; }
    std::string stopped(std::span<const json_item> items, const import_remarks& remarks,
                        const std::string& complaint) const override {
        return std::string(remarks.word()) + "s " + std::to_string(items.front().number) + " to " +
               std::to_string(items.back().number) +
               " and what follows are not imported: " + complaint;
    }
    void tell(std::ostream& out, const import_remarks& remarks) const override {
        if (json_)
            out << R"({"imported":)" << imported_ << R"(,"refused":[)" << remarks.skipped_json()
                << "]}\n";
        else
            out << "imported  " << imported_ << "\nrefused   " << remarks.skipped() << '\n';
    }

  private:
    const bool json_;
    std::size_t imported_ = 0;
};

int run(const command_line& line, command_context& context) {
    devices kind(line.has("json"));
    return import_file(kind, *line.argument, line, context);
}

} // namespace

const command device_import_command = {
    "device import", "Imports devices and their stored secrets from a file (JSON lines)",
    options,         run,
    "FILE",          "latchkey device import devices.jsonl"};

} // namespace latchkey::server
