// The project's own sources, for tests that hold its rules.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace zonecopy::test {

/// All headers and sources below the given folders of the project; folders that do not exist have none.
std::vector<std::filesystem::path> source_files(const std::vector<std::string>& folders);

[[nodiscard]] std::string read_text(const std::filesystem::path& path);

/// `source` with comments, preprocessor lines and the insides of literals made blank. Lines stay where they are.
[[nodiscard]] std::string without_comments_and_literals(std::string_view source);

}  // namespace zonecopy::test
