#include "server/setup/key_file.hpp"
#include "server/setup/new_file.hpp"
#include "server/setup/sealing_keys.hpp"
#include "server/setup/setup_steps.hpp"
#include "server/setup/unit_files.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <memory>

namespace latchkey::server {

namespace {

using state = outlook::state;

std::string drop_in(const setup_terms& terms, std::string_view unit) {
    return drop_in_path(terms, unit, key_file::credential);
}

class key_part {
  public:
    explicit key_part(const setup_terms& terms) : terms_(terms), file_(terms) {}

    outlook look() const {
        if (terms_.key == "none") return {state::done, "no key-encryption key is wanted"};
        if (!terms_.settings.tokens.key_encryption_key_file.empty())
            return {state::done, "tokens.key_encryption_key_file names a key"};
        if (!file_.is_there()) return look_without_file();
        if (auto why = file_.problem(); !why.empty()) return {state::left, why};
        if (!units_without().empty())
            return {state::to_do, "hand " + file_.path() + " to the units"};
        if (const auto both = twice(); !both.empty())
            return {state::left, both + " names a key of its own, and " +
                                     drop_in(terms_, instances) +
                                     " overrides it: remove one of the two"};
        return {state::done, "the units have a key-encryption key"};
    }

    core::result<void> perform() const {
        // The folder is open to the service, which reads its configuration there; the key is not.
        const auto before = ::umask(022);
        make_folders(terms_.path(settings_folder));
        ::umask(077);
        auto done = file_.is_there() ? core::result<void>() : file_.make();
        ::umask(022);
        if (done) done = write_drop_ins();
        ::umask(before);
        return done;
    }

  private:
    outlook look_without_file() const {
        for (const auto unit : {service, instances})
            if (is_file(drop_in(terms_, unit)))
                return {state::left, drop_in(terms_, unit) +
                                         " hands on a key-encryption key that is not there: put it "
                                         "back into " +
                                         key_file::plain_path() +
                                         ", or remove the line (latchkey setup key then makes "
                                         "another one)"};
        const auto sealers = sealing_keys_of(terms_);
        if (!sealers)
            return {state::left, "no key-encryption key is made, since the database does not say "
                                 "whether it has signing keys that another one sealed (" +
                                     sealers.error().message + "): put the nodes' key into " +
                                     key_file::plain_path()};
        if (!sealers->empty())
            return {state::left,
                    "the database has signing keys, sealed by another node's key-encryption key: "
                    "put that key into " +
                        key_file::plain_path() +
                        " and run this again. If it is lost, make one there by hand, and then new "
                        "signing keys, which ends all tokens of the old ones",
                    {"(umask 077; openssl rand -hex 32 >" + key_file::plain_path() + ")",
                     "latchkey signing-key rotate --now"}};
        return to_make();
    }
    outlook to_make() const {
        const auto path = file_.path();
        outlook out{state::to_do,
                    "make a key-encryption key in " + path + ", which only root can read"};
        out.commands = {"(umask 077; openssl rand -hex 32 >" + path + ")"};
        if (file_.seals()) {
            out.what = "make a key-encryption key, sealed for this machine in " + path;
            out.commands = {"openssl rand -hex 32 | (umask 077; systemd-creds encrypt --name=" +
                            std::string(key_file::credential) + " --tpm2-pcrs= - " + path + ")"};
        }
        out.afterwards = "keep a copy of the key-encryption key where you keep secrets, since all "
                         "nodes need it: " +
                         file_.shown_by();
        return out;
    }
    // An instance's own key is not overridden.
    std::vector<std::string_view> units_without() const {
        std::vector<std::string_view> out;
        for (const auto unit : {service, instances})
            if (!is_file(drop_in(terms_, unit)) &&
                (unit == service || instance_setting(terms_, "key_encryption_key_file").empty()))
                out.push_back(unit);
        return out;
    }
    // The instance's file, if both it and a drop-in name a key.
    std::string twice() const {
        return is_file(drop_in(terms_, instances))
                   ? instance_setting(terms_, "key_encryption_key_file")
                   : "";
    }
    core::result<void> write_drop_ins() const {
        const std::string name(key_file::credential);
        const auto load = file_.is_plain() ? "LoadCredential=" : "LoadCredentialEncrypted=";
        const auto text =
            load + name + ':' + file_.path() +
            "\nEnvironment=LATCHKEY_TOKENS__KEY_ENCRYPTION_KEY_FILE=credential:" + name + '\n';
        for (const auto unit : units_without())
            if (auto written = write_drop_in(drop_in(terms_, unit), text); !written) return written;
        return {};
    }

    const setup_terms& terms_;
    key_file file_;
};

} // namespace

std::vector<setup_step> key_steps(const setup_terms& terms) {
    const auto part = std::make_shared<const key_part>(terms);
    return {{"key", "key", [part]() -> core::result<outlook> { return part->look(); },
             [part] { return part->perform(); }}};
}

} // namespace latchkey::server
