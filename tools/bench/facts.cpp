#include "tools/bench/facts.h"

#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "zonecopy/result.h"

namespace zonecopy::benching {
namespace {

std::string first_line(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  const std::size_t end = line.find_last_not_of(' ');
  return one_line(line.substr(0, end == std::string::npos ? 0 : end + 1));
}

std::string cpu_model() {
  std::ifstream file("/proc/cpuinfo");
  constexpr std::string_view name = "model name";
  std::string line;
  while (std::getline(file, line)) {
    const std::size_t colon = line.find(": ");
    if (line.starts_with(name) && colon != std::string::npos) return one_line(line.substr(colon + 2));
  }
  return {};
}

}  // namespace

MachineFacts machine_facts() {
  MachineFacts facts;
  utsname name{};
  if (uname(&name) == 0) facts.kernel = fmt::format("{} {} {}", name.sysname, name.release, name.machine);
  facts.cpu = cpu_model();
  facts.processors = sysconf(_SC_NPROCESSORS_ONLN);
  return facts;
}

DriveFacts drive_facts(const std::string& path) {
  DriveFacts facts;
  std::error_code failure;
  const std::filesystem::path real_path = std::filesystem::canonical(path, failure);
  if (failure || real_path.parent_path() != "/dev") return facts;
  for (const char* const kind : {"/sys/class/block", "/sys/class/nvme-generic"}) {
    const std::filesystem::path device = kind / real_path.filename() / "device";
    if (!std::filesystem::exists(device, failure)) continue;
    facts.model = first_line(device / "model");
    facts.firmware = first_line(device / "firmware_rev");
    if (facts.firmware.empty()) facts.firmware = first_line(device / "rev");
    facts.transport = first_line(device / "transport");
  }
  return facts;
}

}  // namespace zonecopy::benching
