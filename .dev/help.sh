# shellcheck shell=bash
# ./dev help

command_help() {
  cat <<'END'
./dev up [--detach]     build, migrate, seed the demo and start everything; Ctrl-C stops what it started
./dev down              stop what `up --detach` started
./dev status            what runs, and whether it is ready
./dev logs NAME [-f]    the log of one process
./dev test [--fast]     everything CI runs; --fast leaves out the slow part
./dev schema [SECONDS]  the API against its own OpenAPI, by schemathesis
./dev chart             the chart, the image and compose, without a cluster
./dev monitoring        alert rules, and dashboards under a real Prometheus
./dev scaling [CORES]   plays the autoscaler by the chart's numbers, on private services
./dev bench [NAME]      benchmarks, on private services
./dev chaos [NAME]      fault runs, on private services
./dev fuzz [TARGET] [SECONDS]
                        fuzzing of what comes from outside, a minute a target; inputs are kept in .local/fuzz
./dev services start|stop|env [--private NAME] [postgres|redis|rabbitmq]
                        private services; data are kept when they stop

`up` and `test` use the services of DATABASE_URL, REDIS_URL and RABBITMQ_URL, else those on the standard local
ports, else private ones, installed from the distribution's packages when they are missing. What `up` passes on
comes from the environment, then from `.env`, then from `.local/secrets.env`, which it makes.

LOA_SERVICES_MODE=private   use private services whatever else is there
LOA_PROFILE=fast            build with another profile than dev
LOA_BIN_DIR=DIR             run the binaries in DIR, build nothing
LOA_PORT_OFFSET=100         add this to every port of the product
LOA_READY_SECONDS=60        how long a process may take to be ready
END
}
