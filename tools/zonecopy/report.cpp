// zonecopy report: what a device is and the state of its zones.
#include "tools/zonecopy/report.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include "tools/zonecopy/command.h"
#include "tools/zonecopy/json.h"
#include "tools/zonecopy/text.h"
#include "zonefs/host/mounted_device.h"

namespace zonecopy::tools {
namespace {

using zonefs::DeviceRow;

/// The devices behind a directory where zonecopyfs is mounted, or the folder of one of them; any other path is a device
/// itself.
Result<std::vector<DeviceRow>> devices_of(const std::string& path) {
  const Result<std::string> name = canonical_device_name(path);
  if (!name) return name.error();
  if (is_remote_device(*name)) return std::vector<DeviceRow>{{*name}};
  struct stat facts {};
  if (stat(name->c_str(), &facts) != 0) return Error(errno, "find").on_device(path);
  if (!S_ISDIR(facts.st_mode)) return std::vector<DeviceRow>{{path}};
  return zonefs::devices_behind(*name);
}

Result<Inspection> inspect_row(const DeviceRow& row, bool concatenate) {
  if (row.size() == 1 && !concatenate) return inspect_device(row.front());
  return inspect_concatenated(row, fmt::format("{}", fmt::join(row, "+")));
}

Result<std::vector<DeviceRow>> rows_of(const std::vector<std::string>& paths, bool concatenate) {
  if (concatenate) return std::vector<DeviceRow>{paths};
  if (paths.size() == 1) return devices_of(paths.front());
  return Error(EINVAL, "report", "several devices are one only with --concat; give one, or the option");
}

Result<std::vector<Inspection>> inspect(const std::vector<std::string>& paths, bool concatenate) {
  const Result<std::vector<DeviceRow>> rows = rows_of(paths, concatenate);
  if (!rows) return rows.error();
  std::vector<Inspection> inspections;
  for (const DeviceRow& row : *rows) {
    Result<Inspection> inspection = inspect_row(row, concatenate);
    if (!inspection) return inspection.error();
    inspections.push_back(std::move(*inspection));
  }
  return inspections;
}

int run_report(const std::vector<std::string>& paths, bool concatenate, bool json) {
  const Result<std::vector<Inspection>> inspections = inspect(paths, concatenate);
  if (!inspections) return refuse(inspections.error(), json);
  if (json) {
    print_report_json(*inspections);
    return exit_ok;
  }
  for (const Inspection& inspection : *inspections) print_report(inspection, colours_wanted());
  return exit_ok;
}

}  // namespace

void add_report_command(CLI::App& app, int& exit_status) {
  struct Arguments {
    std::vector<std::string> paths;
    bool concatenate = false;
    bool json = false;
  };
  const auto arguments = std::make_shared<Arguments>();
  CLI::App& command = *app.add_subcommand("report", "Show what a device is, and its zones; also while it is mounted.");
  command.add_option("DEVICE", arguments->paths, "device, image, nvme-tcp:// name, or directory where one is mounted")
      ->required();
  command.add_flag("--concat", arguments->concatenate, "show several devices in a row as the one that they make");
  command.add_flag("--json", arguments->json, "print JSON");
  command.callback([arguments, &exit_status] {
    exit_status = run_report(arguments->paths, arguments->concatenate, arguments->json);
  });
}

}  // namespace zonecopy::tools
