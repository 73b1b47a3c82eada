// zonecopy report: what a device is and the state of its zones.
#include "tools/zonecopy/report.h"

#include <sys/stat.h>

#include "tools/zonecopy/command.h"
#include "tools/zonecopy/json.h"
#include "tools/zonecopy/text.h"
#include "zonefs/host/mount_table.h"
#include "zonefs/host/mounted_device.h"

namespace zonecopy::tools {
namespace {

/// The device behind a directory where zonecopyfs is mounted; any other path is a device itself.
Result<std::string> device_behind(const std::string& path) {
  const Result<std::string> real_path = zonefs::canonical_path(path);
  if (!real_path) return real_path.error();
  struct stat facts {};
  if (stat(real_path->c_str(), &facts) != 0) return Error(errno, "find").on_device(path);
  if (!S_ISDIR(facts.st_mode)) return path;

  const Result<std::vector<zonefs::MountEntry>> table = zonefs::read_mount_table();
  if (!table) return table.error();
  const zonefs::MountEntry* entry = zonefs::find_mount_at(*table, *real_path);
  if (entry == nullptr || !entry->is_zonecopyfs()) {
    return Error(EINVAL, "report", "this directory is no mount point of zonecopyfs").on_device(path);
  }
  return zonefs::device_of_mount(*entry);
}

int run_report(const std::string& path, bool json) {
  const Result<std::string> device = device_behind(path);
  if (!device) return refuse(device.error(), json);
  const Result<Inspection> inspection = inspect_device(*device);
  if (!inspection) return refuse(inspection.error(), json);
  if (json) {
    print_report_json(*inspection);
  } else {
    print_report(*inspection, colours_wanted());
  }
  return exit_ok;
}

}  // namespace

void add_report_command(CLI::App& app, int& exit_status) {
  struct Arguments {
    std::string path;
    bool json = false;
  };
  const auto arguments = std::make_shared<Arguments>();
  CLI::App& command = *app.add_subcommand("report", "Show what a device is, and its zones; also while it is mounted.");
  command.add_option("DEVICE", arguments->path, "device, image, or directory where one is mounted")->required();
  command.add_flag("--json", arguments->json, "print JSON");
  command.callback([arguments, &exit_status] { exit_status = run_report(arguments->path, arguments->json); });
}

}  // namespace zonecopy::tools
