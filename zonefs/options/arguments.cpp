#include "zonefs/options/arguments.h"

#include <fmt/format.h>

#include <algorithm>

namespace zonecopy::zonefs {
namespace {

constexpr int operand = 1;  // getopt_long(3) returns it for an operand where the letters begin with "-"

/// The name of an option in messages. It may be one of several letters behind one dash.
std::string shown(const std::string& word, int letter) {
  const bool one_of_several = word.size() > 2 && word[1] != '-' && letter > ' ' && letter < 0x7f;
  return one_of_several ? fmt::format("'-{}' in '{}'", static_cast<char>(letter), word) : fmt::format("'{}'", word);
}

}  // namespace

Arguments parse_arguments(std::span<const char* const> words, const std::string& letters, const option* long_options,
                          OptionOrder order) {
  std::vector<char*> argv = {const_cast<char*>("")};
  for (const char* const word : words) argv.push_back(const_cast<char*>(word));  // getopt_long changes none
  argv.push_back(nullptr);
  const int argc = static_cast<int>(argv.size()) - 1;
  // ":" makes getopt_long tell an option without its value from an unknown option.
  const std::string all_letters = (order == OptionOrder::any ? "-:" : "+:") + letters;

  Arguments arguments;
  optind = 0;  // start again, whatever was parsed before
  opterr = 0;  // print nothing
  while (true) {
    const char* const next = argv[static_cast<std::size_t>(std::max(optind, 1))];
    const std::string word = next == nullptr ? "" : next;
    const int code = getopt_long(argc, argv.data(), all_letters.c_str(), long_options, nullptr);
    if (code == -1) break;
    if (code == operand) {
      arguments.operands.emplace_back(optarg);
      continue;
    }
    const bool wrong = code == unknown_option || code == option_without_value;
    arguments.options.push_back({code, shown(word, wrong ? optopt : code), optarg == nullptr ? "" : optarg});
    if (wrong) return arguments;
  }
  for (int at = optind; at < argc; ++at) arguments.operands.emplace_back(argv[static_cast<std::size_t>(at)]);
  return arguments;
}

}  // namespace zonecopy::zonefs
