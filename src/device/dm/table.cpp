#include "src/device/dm/table.h"

#include <fmt/format.h>
#include <libdevmapper.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cstring>
#include <memory>

namespace zonecopy::dm {
namespace {

/// libdevmapper prints what goes wrong on standard error, unless somebody else takes it. Errors are returned here.
void say_nothing(int, const char*, int, int, const char*, ...) {}

struct EndTask {
  void operator()(dm_task* task) const { dm_task_destroy(task); }
};
using OwnedTask = std::unique_ptr<dm_task, EndTask>;

Error make_error(dev_t device, int code, const char* what) {
  return Error(code, "read device mapper table",
               fmt::format("the device mapper tells nothing about device {}:{}: {}: {}", major(device), minor(device),
                           what, std::strerror(code)));
}

std::vector<Target> targets_of(dm_task* task) {
  std::vector<Target> targets;
  void* next = nullptr;
  do {
    Target target;
    char* type = nullptr;
    char* parameters = nullptr;
    next = dm_get_next_target(task, next, &target.first_sector, &target.sectors, &type, &parameters);
    if (type == nullptr) break;  // the table is empty
    target.type = type;
    target.parameters = parameters != nullptr ? parameters : "";
    targets.push_back(std::move(target));
  } while (next != nullptr);
  return targets;
}

}  // namespace

bool is_device_mapper(dev_t device) {
  return access(fmt::format("/sys/dev/block/{}:{}/dm", major(device), minor(device)).c_str(), F_OK) == 0;
}

Result<Table> read_table(dev_t device) {
  dm_log_with_errno_init(&say_nothing);
  const OwnedTask task(dm_task_create(DM_DEVICE_TABLE));
  if (!task) return make_error(device, ENOMEM, "no request");
  const bool ready =
      dm_task_set_major_minor(task.get(), static_cast<int>(major(device)), static_cast<int>(minor(device)), 0) != 0 &&
      dm_task_no_open_count(task.get()) != 0;
  errno = 0;
  if (!ready || dm_task_run(task.get()) == 0) {
    const int told = dm_task_get_errno(task.get());
    const int code = told != 0 ? told : errno;
    return make_error(device, code != 0 ? code : EIO, "/dev/mapper/control");
  }
  dm_info info{};
  if (dm_task_get_info(task.get(), &info) == 0 || info.exists == 0) return make_error(device, ENXIO, "no such device");
  return Table{targets_of(task.get()), info.suspended != 0};
}

}  // namespace zonecopy::dm
