# Every library comes from the distribution's packages (docs/licences.md lists them with their licences).
set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(Boost 1.81 REQUIRED)  # headers only: Asio
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
find_package(nlohmann_json 3.10 REQUIRED)
find_package(prometheus-cpp REQUIRED COMPONENTS core)

find_package(simdjson QUIET)
if(NOT TARGET simdjson::simdjson)
  find_package(PkgConfig REQUIRED)
  pkg_check_modules(simdjson REQUIRED IMPORTED_TARGET simdjson)
  add_library(simdjson::simdjson ALIAS PkgConfig::simdjson)
endif()
