// Holds that the pure parts stay pure: nothing they include, however far down, does I/O.
#include <gtest/gtest.h>

#include <filesystem>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "source_text.h"

namespace zonecopy::test {
namespace {

namespace fs = std::filesystem;

const std::regex forbidden("liburing|io_uring|fuse|fcntl\\.h|sys/ioctl\\.h|sys/mman\\.h|fstream");

std::vector<std::string> includes_of(const std::string& source) {
  static const std::regex directive("(?:^|\n)[ \t]*#[ \t]*include[ \t]*[<\"]([^>\"]+)[>\"]");
  std::vector<std::string> names;
  for (std::sregex_iterator match(source.begin(), source.end(), directive), end; match != end; ++match) {
    names.push_back((*match)[1].str());
  }
  return names;
}

/// A header of the project that `name` in `from` means; an empty path if it is not the project's.
fs::path resolve(const std::string& name, const fs::path& from) {
  const fs::path root = ZONECOPY_SOURCE_DIR;
  for (const fs::path& folder : {from.parent_path(), root / "include", root / "src", root / "zonefs"}) {
    if (fs::exists(folder / name)) return fs::weakly_canonical(folder / name);
  }
  return {};
}

/// Every forbidden header that `path` includes, directly or not, as "a.cpp: b.h includes <c>".
void check(const fs::path& path, const fs::path& through, std::set<fs::path>& seen) {
  if (!seen.insert(through).second) return;
  for (const std::string& name : includes_of(read_text(through))) {
    const fs::path own = resolve(name, through);
    if (!own.empty()) {
      check(path, own, seen);
    } else if (std::regex_search(name, forbidden)) {
      ADD_FAILURE() << path.string() << " is a pure part, but " << through.string() << " includes <" << name << ">";
    }
  }
}

TEST(Architecture, PurePartsIncludeNothingThatDoesIo) {
  const fs::path root = ZONECOPY_SOURCE_DIR;
  std::vector<fs::path> pure = source_files({"src/zone", "src/nvme"});
  ASSERT_GE(pure.size(), 6U);
  for (const char* const file :
       {"src/copy/planner.cpp", "zonefs/tree.cpp", "zonefs/super_block.cpp", "zonefs/split_call.cpp"}) {
    pure.push_back(root / file);
  }
  for (const fs::path& path : pure) {
    ASSERT_TRUE(fs::exists(path)) << path;
    std::set<fs::path> seen;
    check(path, path, seen);
  }
}

TEST(Architecture, TheLibraryKnowsNothingOfTheFileSystem) {
  for (const fs::path& path : source_files({"include", "src"})) {
    for (const std::string& name : includes_of(read_text(path))) {
      EXPECT_FALSE(resolve(name, path).string().starts_with((fs::path(ZONECOPY_SOURCE_DIR) / "zonefs").string()) ||
                   name.starts_with("fuse"))
          << path.string() << " includes " << name;
    }
  }
}

TEST(Architecture, IncludesAreRead) {
  EXPECT_EQ(includes_of("#include <a.h>\n  # include \"b/c.h\" // x\n// #include <d.h>\n"),
            (std::vector<std::string>{"a.h", "b/c.h"}));
  EXPECT_TRUE(std::regex_search(std::string("fuse3/fuse_lowlevel.h"), forbidden));
  EXPECT_TRUE(std::regex_search(std::string("fcntl.h"), forbidden));
}

}  // namespace
}  // namespace zonecopy::test
