// One random sequence of operations on two mounts, zonecopyfs' and the kernel's zonefs', on equal devices. See --help.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <sstream>

#include "tests/parity/duel/duel.h"
#include "tests/parity/duel/minimise.h"

namespace {

using parity::Duel;
using parity::StepNumbers;

struct Command {
  parity::DuelSpec duel;
  std::uint64_t operations = 3000;
  std::string only;
  std::string canary = "none";
  unsigned minimise_seconds = 60;
  bool list_known = false;
  bool tell_all = false;
};

/// "3,17,200-230"
StepNumbers parse_numbers(const std::string& text) {
  StepNumbers numbers;
  std::istringstream items(text);
  for (std::string item; std::getline(items, item, ',');) {
    const std::size_t dash = item.find('-');
    const std::uint64_t first = std::stoull(item);
    const std::uint64_t last = dash == std::string::npos ? first : std::stoull(item.substr(dash + 1));
    for (std::uint64_t number = first; number <= last; ++number) numbers.push_back(number);
  }
  return numbers;
}

struct Verdict {
  Duel::Difference difference;
  std::uint64_t played = 0;
  std::vector<std::string> history;
};

Verdict play(const Command& command, const StepNumbers& numbers, bool talk) {
  Duel duel(command.duel);
  Verdict verdict;
  for (const std::uint64_t number : numbers) {
    ++verdict.played;
    verdict.difference = duel.play(number);
    if (verdict.difference) break;
    if (talk && verdict.played % 500 == 0)
      fmt::print(stderr, "  seed {}: {} operations\n", command.duel.seed, verdict.played);
  }
  if (!verdict.difference) verdict.difference = duel.finish();
  verdict.history.assign(duel.history().begin(), duel.history().end());
  if (!talk) return verdict;
  for (const auto& [name, count] : duel.encounters()) fmt::print("  {:5} times: {}\n", count, name);
  if (command.tell_all) {
    for (const auto& [name, count] : duel.answers()) fmt::print("  {:5} {}\n", count, name);
  }
  return verdict;
}

std::string replay_command(const Command& command, const StepNumbers& numbers) {
  const auto& [ours, kernel] = std::tie(command.duel.ours, command.duel.kernel);
  std::string text = fmt::format("duel --ours {} {} --kernel {} {} --programs {} --seed {} --options {}", ours.device,
                                 ours.mount_point, kernel.device, kernel.mount_point, ours.programs, command.duel.seed,
                                 command.duel.options);
  if (!ours.features.empty()) text += fmt::format(" --features {}", ours.features);
  if (!ours.fault_folder.empty()) text += fmt::format(" --faults {} {}", ours.fault_folder, kernel.fault_folder);
  return text + fmt::format(" --only {}", fmt::join(numbers, ","));
}

void tell(const Command& command, const Verdict& verdict, const StepNumbers& numbers) {
  fmt::print("DIFFERENCE, seed {}, operation {}: {}\n", command.duel.seed, numbers.at(verdict.played - 1),
             *verdict.difference);
  fmt::print("the last operations, with the kernel's answers:\n");
  for (const std::string& line : verdict.history) fmt::print("  {}\n", line);
}

int run(const Command& command) {
  StepNumbers numbers = parse_numbers(command.only);
  for (std::uint64_t number = 0; command.only.empty() && number < command.operations; ++number)
    numbers.push_back(number);
  const Verdict verdict = play(command, numbers, true);
  if (!verdict.difference) {
    fmt::print("seed {}: {} operations, no difference\n", command.duel.seed, verdict.played);
    return 0;
  }
  tell(command, verdict, numbers);
  numbers.resize(verdict.played);
  std::fflush(stdout);
  if (command.minimise_seconds != 0) {
    Verdict shortest;
    const auto shows = [&](const StepNumbers& some) {
      Verdict tried = play(command, some, false);
      const bool shown = tried.difference.has_value();
      if (shown) shortest = std::move(tried);
      return shown;
    };
    numbers = parity::minimise(numbers, shows,
                               std::chrono::steady_clock::now() + std::chrono::seconds(command.minimise_seconds));
    fmt::print("minimised to {} operations:\n", numbers.size());
    if (shortest.difference) tell(command, shortest, numbers);
  }
  fmt::print("replay: {}\n", replay_command(command, numbers));
  return 1;
}

int list_known() {
  fmt::print("An answer may differ:\n");
  for (const auto& known : parity::known_differences())
    fmt::print("- {}. {} ({})\n", known.name, known.reason, known.man);
  fmt::print("Not played:\n");
  for (const auto& known : parity::unplayable_steps())
    fmt::print("- {}. {} ({})\n", known.name, known.reason, known.man);
  fmt::print("Not compared, or by another rule:\n");
  for (const auto& known : parity::compared_otherwise())
    fmt::print("- {}. {} ({})\n", known.name, known.reason, known.man);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Command command;
  std::vector<std::string> ours;
  std::vector<std::string> kernel;
  std::vector<std::string> faults;
  std::string features;
  auto& duel = command.duel;
  CLI::App app(
      "Plays one random sequence of operations on zonecopyfs and on the kernel's zonefs, on two equal devices, whose "
      "data is lost.\n"
      "Exit status: 0 no difference, 1 a difference, 2 neither can be said.");
  app.add_option("--ours", ours, "device and mount point for zonecopyfs")->expected(2);
  app.add_option("--kernel", kernel, "device and mount point for the kernel's zonefs")->expected(2);
  app.add_option("--faults", faults, "null_blk's configfs folders of the two devices, to make them fail at times")
      ->expected(2);
  app.add_flag("--shared", duel.ours.shared,
               "ours is a folder of a mount of several devices that is there already, and just formatted");
  app.add_option("--programs", duel.ours.programs, "folder of zonecopyfs, mkfs.zonecopyfs and mount.zonecopyfs");
  app.add_option("--features", features, "mkfs.zonecopyfs -o");
  app.add_option("--options", duel.options, "mount options of both")->capture_default_str();
  app.add_option("--seed", duel.seed)->capture_default_str();
  app.add_option("--operations", command.operations)->capture_default_str();
  app.add_option("--only", command.only, "numbers of operations, as in 3,17,200-230");
  app.add_option("--minimise", command.minimise_seconds, "seconds to look for a shorter sequence")
      ->capture_default_str();
  app.add_option("--log", duel.ours.log, "what the daemon says is added to this file")->default_val("/dev/null");
  app.add_option("--canary", command.canary,
                 "lie about ours: result, error, data, words, size, mode, counters, content or zones");
  app.add_option("--canary-from", duel.canary_from, "the first operation to lie about");
  app.add_flag("--answers", command.tell_all, "count the kernel's answers");
  app.add_flag("--list-known", command.list_known, "list what may differ, and why");
  CLI11_PARSE(app, argc, argv);
  if (command.list_known) return list_known();
  const auto canary = parity::canary_of(command.canary);
  if (ours.size() != 2 || kernel.size() != 2 || duel.ours.programs.empty() || !canary) {
    fmt::print(stderr, "--ours, --kernel and --programs are needed; see --help\n");
    return 2;
  }
  duel.canary = *canary;
  duel.kernel.kind = parity::Kind::kernel;
  duel.kernel.programs = duel.ours.programs;
  duel.ours.device = ours[0], duel.ours.mount_point = ours[1];
  duel.kernel.device = kernel[0], duel.kernel.mount_point = kernel[1];
  duel.ours.features = duel.kernel.features = features;
  if (faults.size() == 2) duel.ours.fault_folder = faults[0], duel.kernel.fault_folder = faults[1];
  try {
    return run(command);
  } catch (const std::exception& error) {
    fmt::print(stderr, "differential: {}\n", error.what());
    return 2;
  }
}
