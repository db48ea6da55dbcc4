#pragma once
// The operator's writes of devices as queries.

#include "pg/writes/operator_writes.hpp"

#include <latchkey/auth/device/device_store.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace latchkey::pg {

template <class T>
using device_completion = auth::device_store::completion<T>;

std::unique_ptr<operator_write> make_register_device(auth::new_device,
                                                     device_completion<core::real_time>);
std::unique_ptr<operator_write> make_list_devices(auth::device_page,
                                                  device_completion<std::vector<auth::device>>);
std::unique_ptr<operator_write> make_show_device(std::string device_id,
                                                 device_completion<auth::device>);
std::unique_ptr<operator_write> make_rotate_device(auth::device_rotation,
                                                   device_completion<auth::device>);
std::unique_ptr<operator_write> make_revoke_device(std::string device_id,
                                                   std::optional<std::string> reason,
                                                   device_completion<auth::device>);
std::unique_ptr<operator_write> make_import_devices(std::vector<auth::new_device>,
                                                    device_completion<auth::imported_devices>);
std::unique_ptr<operator_write>
    make_count_bare_secrets(device_completion<auth::bare_secret_counts>);
std::unique_ptr<operator_write>
    make_legacy_device_page(auth::device_page, device_completion<std::vector<auth::legacy_device>>);
std::unique_ptr<operator_write> make_rehash_device(auth::device_rehash, device_completion<bool>);

} // namespace latchkey::pg
