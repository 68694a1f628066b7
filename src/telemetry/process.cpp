#include "telemetry/process.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

namespace gw::telemetry {
namespace {

void append(std::string& out, const char* name, const char* type, const char* help, const std::string& value) {
  out.append("# HELP ").append(name).append(" ").append(help).append("\n# TYPE ").append(name).append(" ").append(type);
  out.append("\n").append(name).append(" ").append(value).append("\n");
}

// proc(5), /proc/[pid]/stat: the fields behind the command's closing parenthesis, the first being number 3.
std::vector<std::string> stat_fields() {
  std::ifstream in("/proc/self/stat");
  std::string line;
  std::getline(in, line);
  const std::size_t end = line.rfind(')');
  if (end == std::string::npos) return {};
  std::istringstream rest(line.substr(end + 1));
  std::vector<std::string> fields;
  for (std::string field; rest >> field;) fields.push_back(field);
  return fields;
}

double boot_time() {
  std::ifstream in("/proc/stat");
  for (std::string key; in >> key;) {
    double value = 0;
    if (key == "btime" && in >> value) return value;
  }
  return 0;
}

}  // namespace

std::string process_metrics() {
  std::string out;
  const std::vector<std::string> fields = stat_fields();
  if (fields.size() > 21) {
    const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
    const double cpu = (std::stod(fields[11]) + std::stod(fields[12])) / ticks;
    const double start = boot_time() + std::stod(fields[19]) / ticks;
    const auto resident = std::stoll(fields[21]) * ::sysconf(_SC_PAGESIZE);
    append(out, "process_cpu_seconds_total", "counter", "User and system CPU time", std::to_string(cpu));
    append(out, "process_start_time_seconds", "gauge", "Start, in seconds since the epoch", std::to_string(start));
    append(out, "process_resident_memory_bytes", "gauge", "Resident memory", std::to_string(resident));
  }
  std::error_code ec;
  std::size_t files = 0;
  for (auto at = std::filesystem::directory_iterator("/proc/self/fd", ec); at != std::filesystem::directory_iterator();
       at.increment(ec)) {
    ++files;
  }
  append(out, "process_open_fds", "gauge", "Open file descriptors", std::to_string(files));
  return out;
}

}  // namespace gw::telemetry
