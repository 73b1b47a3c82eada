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

/// The devices behind a directory where zonecopyfs is mounted, or the folder of one of them; any other path is a device
/// itself.
Result<std::vector<std::string>> devices_of(const std::string& path) {
  const Result<std::string> real_path = zonefs::canonical_path(path);
  if (!real_path) return real_path.error();
  struct stat facts {};
  if (stat(real_path->c_str(), &facts) != 0) return Error(errno, "find").on_device(path);
  if (!S_ISDIR(facts.st_mode)) return std::vector<std::string>{path};
  return zonefs::devices_behind(*real_path);
}

int run_report(const std::string& path, bool json) {
  const Result<std::vector<std::string>> devices = devices_of(path);
  if (!devices) return refuse(devices.error(), json);
  std::vector<Inspection> inspections;
  for (const std::string& device : *devices) {
    Result<Inspection> inspection = inspect_device(device);
    if (!inspection) return refuse(inspection.error(), json);
    inspections.push_back(std::move(*inspection));
  }
  if (json) {
    print_report_json(inspections);
    return exit_ok;
  }
  for (const Inspection& inspection : inspections) print_report(inspection, colours_wanted());
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
