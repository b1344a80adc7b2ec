/*
 * A stand-in for cloudflared: the command line, environment, metrics endpoint, signals and log of the real connector,
 * without Cloudflare behind it, so that what runs cloudflared can be tested where no network is. The real image drops in.
 *
 *   cloudflared version
 *   cloudflared tunnel [--no-autoupdate] [--metrics ADDR] [--grace-period 30s] run [--token TOKEN]
 *
 * Environment, as the real one:  TUNNEL_TOKEN, TUNNEL_METRICS, TUNNEL_GRACE_PERIOD
 * For tests:  STANDIN_READY_AFTER_MS (default 0), STANDIN_CRASH_AFTER_MS (unset: never), STANDIN_CONFIG_VERSION (default 1),
 *             STANDIN_EDGE (set: it is connected once POST /edge/N tells it of configuration version N, as Cloudflare's edge would),
 *             (GET /visit is a request that the edge hands to it: answered while it is registered there)
 *             STANDIN_DRAIN_MS (how long it drains after SIGTERM; default 200), STANDIN_LEAK_TOKEN (print the token, as a broken build would)
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define VERSION "2026.8.0"

static volatile sig_atomic_t stopping;

static void on_signal(int signal) { (void)signal; stopping = 1; }

static long long now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static long long number(const char *name, long long fallback)
{
    const char *text = getenv(name);
    return text && *text ? atoll(text) : fallback;
}

static void say(const char *level, const char *text)
{
    char stamp[32];
    time_t t = time(NULL);
    strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ", gmtime(&t));
    fprintf(stderr, "%s %s %s\n", stamp, level, text);
}

static int listen_on(const char *address)
{
    char host[64] = "127.0.0.1";
    const char *colon = strrchr(address, ':');
    int port = atoi(colon ? colon + 1 : address);
    if (colon && colon != address && (size_t)(colon - address) < sizeof host) {
        memcpy(host, address, (size_t)(colon - address));
        host[colon - address] = 0;
    }
    if (!strcmp(host, "localhost")) strcpy(host, "127.0.0.1");
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((unsigned short)port) };
    if (inet_pton(AF_INET, host, &at.sin_addr) != 1) return -1;
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    return bind(fd, (struct sockaddr *)&at, sizeof at) == 0 && listen(fd, 16) == 0 ? fd : -1;
}

/* What the edge told it last; -1: nothing yet. */
static long long pushed = -1;

static long long config_version(void) { return pushed >= 0 ? pushed : number("STANDIN_CONFIG_VERSION", 1); }

static void answer(int client, int connections, const char *connector)
{
    char request[2048] = "", body[2048], head[256];
    struct timeval limit = { .tv_sec = 2 };
    setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (read(client, request, sizeof request - 1) <= 0) return;

    const char *status = "200 OK", *type = "application/json";
    if (!strncmp(request, "GET /ready ", 11)) {
        if (!connections) status = "503 Service Unavailable";
        snprintf(body, sizeof body, "{\"status\":%d,\"readyConnections\":%d,\"connectorId\":\"%s\"}", connections ? 200 : 503, connections, connector);
    } else if (!strncmp(request, "GET /metrics ", 13)) {
        type = "text/plain; version=0.0.4; charset=utf-8";
        snprintf(body, sizeof body,
            "# HELP build_info Build and version information\n# TYPE build_info gauge\n"
            "build_info{goversion=\"go1.24\",revision=\"2026-08-01-0000 UTC\",type=\"\",version=\"" VERSION "\"} 1\n"
            "# HELP cloudflared_orchestration_config_version Configuration Version\n# TYPE cloudflared_orchestration_config_version gauge\n"
            "cloudflared_orchestration_config_version %lld\n"
            "# HELP cloudflared_tunnel_ha_connections Number of active ha connections\n# TYPE cloudflared_tunnel_ha_connections gauge\n"
            "cloudflared_tunnel_ha_connections %d\n", config_version(), connections);
    } else if (!strncmp(request, "GET /config ", 12)) {
        snprintf(body, sizeof body, "{\"version\":%lld,\"config\":{\"ingress\":[{\"service\":\"http_status:503\"}],\"warp-routing\":{\"enabled\":false}}}",
            config_version());
    } else if (!strncmp(request, "GET /visit ", 11)) {
        if (!connections) status = "503 Service Unavailable";
        snprintf(body, sizeof body, "{\"connectorId\":\"%s\"}", connector);
    } else if (!strncmp(request, "POST /edge/", 11)) {
        pushed = atoll(request + 11);
        snprintf(body, sizeof body, "{\"version\":%lld}", pushed);
    } else {
        status = "404 Not Found";
        strcpy(body, "404 page not found");
    }

    int length = snprintf(head, sizeof head, "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n", status, type, strlen(body));
    if (write(client, head, (size_t)length) < 0 || write(client, body, strlen(body)) < 0) say("WRN", "client went away");
}

int main(int argc, char **argv)
{
    const char *token = getenv("TUNNEL_TOKEN"), *metrics = getenv("TUNNEL_METRICS");
    int tunnel = 0, run = 0;
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "version") || !strcmp(argv[i], "--version")) { printf("cloudflared version " VERSION " (built 2026-08-01-0000 UTC)\n"); return 0; }
        if (!strcmp(argv[i], "tunnel")) tunnel = 1;
        else if (!strcmp(argv[i], "run")) run = 1;
        else if (!strcmp(argv[i], "--metrics") && i + 1 < argc) metrics = argv[++i];
        else if (!strcmp(argv[i], "--token") && i + 1 < argc) token = argv[++i];
        else if (!strcmp(argv[i], "--grace-period") && i + 1 < argc) i++;
        else if (strcmp(argv[i], "--no-autoupdate")) { fprintf(stderr, "flag provided but not defined: %s\n", argv[i]); return 1; }
    }
    if (!tunnel || !run) { fprintf(stderr, "NAME:\n   cloudflared - Cloudflare's command-line tool and agent\n"); return 1; }
    if (!token || strlen(token) < 8) { say("ERR", "Provided Tunnel token is not valid."); return 1; }

    struct sigaction action = { .sa_handler = on_signal };
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    signal(SIGPIPE, SIG_IGN);

    char line[256], connector[64];
    srand((unsigned)(time(NULL) ^ getpid() ^ now_ms()));
    snprintf(connector, sizeof connector, "%08x-0000-4000-8000-%08x%04x", (unsigned)rand(), (unsigned)rand(), (unsigned)rand() & 0xffff);
    say("INF", "Starting tunnel");
    snprintf(line, sizeof line, "Version " VERSION " (stand-in), token of %zu characters", strlen(token));
    say("INF", line);
    if (getenv("STANDIN_LEAK_TOKEN")) say("DBG", token);
    snprintf(line, sizeof line, "Generated Connector ID: %s", connector);
    say("INF", line);

    int fd = listen_on(metrics && *metrics ? metrics : "127.0.0.1:20241");
    if (fd < 0) { say("ERR", "Error opening metrics server listener"); return 1; }
    snprintf(line, sizeof line, "Starting metrics server on %s/metrics", metrics && *metrics ? metrics : "127.0.0.1:20241");
    say("INF", line);

    long long start = now_ms(), ready = start + number("STANDIN_READY_AFTER_MS", 0), crash = number("STANDIN_CRASH_AFTER_MS", -1), drained = 0;
    int registered = 0;
    for (;;) {
        long long now = now_ms();
        if (crash >= 0 && now >= start + crash) { say("ERR", "Unauthorized: Failed to get tunnel"); return 1; }
        if (stopping && !drained) {
            say("INF", "Initiating graceful shutdown due to signal terminated ...");
            drained = now + number("STANDIN_DRAIN_MS", 200);
        }
        if (drained && now >= drained) { say("INF", "Tunnel server stopped"); return 0; }
        int connections = !drained && now >= ready && (pushed >= 0 || !getenv("STANDIN_EDGE")) ? 4 : 0;
        if (connections && !registered) {
            registered = 1;
            for (int i = 0; i < 4; i++) { snprintf(line, sizeof line, "Registered tunnel connection connIndex=%d protocol=quic", i); say("INF", line); }
        }

        struct pollfd wait = { .fd = fd, .events = POLLIN };
        if (poll(&wait, 1, 10) > 0) {
            int client = accept(fd, NULL, NULL);
            if (client >= 0) { answer(client, connections, connector); close(client); }
        }
    }
}
