package io.llamamesh.testkit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.client.Config;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A real Kubernetes control plane on this machine: etcd, kube-apiserver, kube-controller-manager
 * and kube-scheduler as child processes, with TLS, RBAC, admission and an audit log as a cluster
 * has them. There are no nodes but those that somebody adds.
 *
 * <p>Why not {@code io.fabric8:kube-api-test}: it starts neither controllers nor scheduler, and
 * parts can be neither killed, paused and restarted nor put into a network namespace.
 *
 * <p>For one thread at a time; {@link #close} ends all processes, and they end with the JVM ({@link
 * BoundProcess}).
 */
public final class ControlPlane implements AutoCloseable {
  private static final Duration UP_WITHIN = Duration.ofSeconds(90);
  private static final Duration ETCD_WITHIN = Duration.ofSeconds(30);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration ASK_EVERY = Duration.ofMillis(200);
  private static final long STOP_SECONDS = 20;
  private static final int ATTEMPTS = 3;

  /** The processes of a control plane, in the order in which they start. */
  public enum Part {
    ETCD("etcd"),
    API_SERVER("kube-apiserver"),
    CONTROLLER_MANAGER("kube-controller-manager"),
    SCHEDULER("kube-scheduler");

    private final String program;

    Part(String program) {
      this.program = program;
    }
  }

  /**
   * Settings of a control plane.
   *
   * @param binaries the folder with its programs
   * @param folder takes its data, keys and logs
   * @param address where the API server listens, and what it advertises
   * @param port the API server's; 0 for any that is free here
   * @param prefix put before each command line, as {@code ip netns exec NAME}
   * @param nodes names of nodes that get credentials ({@link #nodeKubeconfig})
   * @param arguments further flags, by part; they win over ours
   * @param hasTwoAuthorities whether {@link #exchangeAuthority} can be called; else the API server
   *     makes its certificate itself
   */
  public record Settings(
      Path binaries,
      Path folder,
      String address,
      int port,
      List<String> prefix,
      List<String> nodes,
      Map<Part, List<String>> arguments,
      boolean hasTwoAuthorities) {
    public Settings {
      prefix = List.copyOf(prefix);
      nodes = List.copyOf(nodes);
      arguments = Map.copyOf(arguments);
    }

    /**
     * On loopback, for nodes that are objects only: nobody renews their leases, so the controllers
     * never take them for dead.
     */
    public static Settings loopback(Path binaries, Path folder) {
      return new Settings(
          binaries,
          folder,
          "127.0.0.1",
          0,
          List.of(),
          List.of(),
          Map.of(
              // A Service must not lead to loopback; nothing here needs the API's own.
              Part.API_SERVER,
              List.of("--endpoint-reconciler-type=none"),
              Part.CONTROLLER_MANAGER,
              List.of("--node-monitor-grace-period=24h", "--node-startup-grace-period=24h")),
          false);
    }
  }

  private final Settings settings;
  private final int port;
  private final int etcdPort;
  private final Map<String, String> tokens;
  private final @Nullable ServingCertificates certificates;
  private final Map<Part, Process> running = new EnumMap<>(Part.class);
  private final Thread hook = new Thread(this::killAll, "control-plane");

  private ControlPlane(
      Settings settings,
      int port,
      int etcdPort,
      Map<String, String> tokens,
      @Nullable ServingCertificates certificates) {
    this.settings = settings;
    this.port = port;
    this.etcdPort = etcdPort;
    this.tokens = tokens;
    this.certificates = certificates;
  }

  /**
   * Starts a control plane; returns when the API server is ready and the controllers run.
   *
   * @throws IOException where a program does not start; the message has the end of its log
   */
  public static ControlPlane start(Settings settings) throws IOException, InterruptedException {
    for (int attempt = 1; ; attempt++) {
      ControlPlane plane = prepare(settings);
      try {
        Runtime.getRuntime().addShutdownHook(plane.hook);
        for (Part part : Part.values()) {
          plane.start(part);
        }
        return plane;
      } catch (IOException e) {
        plane.close();
        // A free port may be taken by another before we have it.
        if (attempt == ATTEMPTS || settings.port() != 0) {
          throw e;
        }
      }
    }
  }

  private static ControlPlane prepare(Settings settings) throws IOException, InterruptedException {
    Path folder = settings.folder();
    Files.createDirectories(folder.resolve("log"));
    Files.createDirectories(folder.resolve("pki"));
    Map<String, String> tokens = new LinkedHashMap<>();
    StringBuilder lines = new StringBuilder();
    token(tokens, lines, "admin", "system:masters");
    token(tokens, lines, "system:kube-controller-manager", "");
    token(tokens, lines, "system:kube-scheduler", "");
    for (String node : settings.nodes()) {
      token(tokens, lines, "system:node:" + node, "system:nodes");
    }
    Files.writeString(folder.resolve("pki/tokens.csv"), lines);
    if (!Files.exists(folder.resolve("pki/sa.key"))) {
      KeyPair keys = rsa();
      pem(folder.resolve("pki/sa.key"), "PRIVATE KEY", keys.getPrivate().getEncoded());
      pem(folder.resolve("pki/sa.pub"), "PUBLIC KEY", keys.getPublic().getEncoded());
    }
    Files.writeString(folder.resolve("pki/audit.yaml"), AuditLog.POLICY);
    return new ControlPlane(
        settings,
        settings.port() == 0 ? freePort() : settings.port(),
        freePort(),
        tokens,
        settings.hasTwoAuthorities()
            ? ServingCertificates.in(
                folder.resolve("pki/serving"), List.of(settings.address(), service(settings)))
            : null);
  }

  private static void token(
      Map<String, String> tokens, StringBuilder lines, String user, String group) {
    byte[] bytes = new byte[16];
    new SecureRandom().nextBytes(bytes);
    String token = HexFormat.of().formatHex(bytes);
    tokens.put(user, token);
    lines.append(token).append(',').append(user).append(',').append(user);
    if (!group.isEmpty()) {
      lines.append(",\"").append(group).append('"');
    }
    lines.append('\n');
  }

  private static KeyPair rsa() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
      generator.initialize(2048);
      return generator.generateKeyPair();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has RSA", e);
    }
  }

  static void pem(Path file, String type, byte[] der) throws IOException {
    String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
    Files.writeString(
        file, "-----BEGIN " + type + "-----\n" + body + "\n-----END " + type + "-----\n");
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /**
   * Starts a part that does not run, and waits until it answers.
   *
   * @throws IOException where it ends instead, with the end of its log
   */
  public void start(Part part) throws IOException, InterruptedException {
    if (part == Part.CONTROLLER_MANAGER || part == Part.SCHEDULER) {
      String user = "system:" + part.program;
      Files.writeString(kubeconfigFile(part), kubeconfig(user));
    }
    List<String> line = new ArrayList<>();
    line.addAll(settings.prefix());
    line.add(settings.binaries().resolve(part.program).toString());
    line.addAll(arguments(part));
    line.addAll(settings.arguments().getOrDefault(part, List.of()));
    running.put(
        part,
        BoundProcess.start(
            new ProcessBuilder(line)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log(part).toFile()))));
    if (part == Part.API_SERVER) {
      await(part);
    }
  }

  private List<String> arguments(Part part) {
    Path pki = settings.folder().resolve("pki");
    String etcd = "http://127.0.0.1:" + etcdPort;
    return switch (part) {
      case ETCD ->
          List.of(
              "--data-dir=" + settings.folder().resolve("etcd"),
              "--listen-client-urls=" + etcd,
              "--advertise-client-urls=" + etcd,
              // Nobody joins: any port will do.
              "--listen-peer-urls=http://127.0.0.1:0",
              "--unsafe-no-fsync",
              "--log-level=error");
      case API_SERVER ->
          with(
              certificates == null
                  ? List.of()
                  : List.of(
                      "--tls-cert-file=" + certificates.certificate(),
                      "--tls-private-key-file=" + certificates.key()),
              "--etcd-servers=" + etcd,
              "--bind-address=" + settings.address(),
              "--advertise-address=" + settings.address(),
              "--secure-port=" + port,
              // It makes a certificate of its own there, whose file is its authority too.
              "--cert-dir=" + pki,
              "--token-auth-file=" + pki.resolve("tokens.csv"),
              "--authorization-mode=Node,RBAC",
              // As on OpenShift: who may not delete an owner may not be held up by its objects.
              "--enable-admission-plugins=OwnerReferencesPermissionEnforcement",
              "--service-account-key-file=" + pki.resolve("sa.pub"),
              "--service-account-signing-key-file=" + pki.resolve("sa.key"),
              "--service-account-issuer=https://kubernetes.default.svc",
              "--service-cluster-ip-range=" + services(settings),
              "--allow-privileged=true",
              "--kubelet-preferred-address-types=InternalIP",
              "--audit-policy-file=" + pki.resolve("audit.yaml"),
              "--audit-log-path=" + auditFile(),
              "--audit-log-mode=blocking",
              // MiB; the log is read as one file.
              "--audit-log-maxsize=1000");
      case CONTROLLER_MANAGER ->
          List.of(
              "--kubeconfig=" + kubeconfigFile(part),
              "--service-account-private-key-file=" + pki.resolve("sa.key"),
              "--root-ca-file=" + (certificates == null ? authority() : certificates.published()),
              "--use-service-account-credentials=true",
              "--leader-elect=false",
              "--secure-port=0",
              "--kube-api-qps=200",
              "--kube-api-burst=400");
      case SCHEDULER ->
          List.of(
              "--kubeconfig=" + kubeconfigFile(part),
              "--leader-elect=false",
              "--secure-port=0",
              "--kube-api-qps=200",
              "--kube-api-burst=400");
    };
  }

  private static List<String> with(List<String> some, String... others) {
    List<String> all = new ArrayList<>(some);
    all.addAll(List.of(others));
    return all;
  }

  private static boolean isIpv6(Settings settings) {
    return settings.address().indexOf(':') >= 0;
  }

  private static String services(Settings settings) {
    return isIpv6(settings) ? "fd00:96::/112" : "10.96.0.0/16";
  }

  /** The API server's own Service, as pods reach it. */
  private static String service(Settings settings) {
    return isIpv6(settings) ? "fd00:96::1" : "10.96.0.1";
  }

  private void await(Part part) throws IOException, InterruptedException {
    long end = System.nanoTime() + UP_WITHIN.toNanos();
    while (!isReady()) {
      Optional<Part> ended =
          running.entrySet().stream()
              .filter(e -> !e.getValue().isAlive())
              .map(Map.Entry::getKey)
              .findFirst();
      if (ended.isPresent()) {
        throw new IOException(ended.get().program + " ended: " + tail(ended.get()));
      }
      if (System.nanoTime() > end) {
        throw new IOException(
            part.program + " is not ready after " + UP_WITHIN.toSeconds() + " s: " + tail(part));
      }
      TimeUnit.MILLISECONDS.sleep(ASK_EVERY.toMillis());
    }
  }

  /** True when the API server says that it is ready. */
  public boolean isReady() {
    if (!Files.exists(authority())) {
      return false;
    }
    HttpRequest question =
        HttpRequest.newBuilder(URI.create(url() + "/readyz"))
            .timeout(Duration.ofSeconds(2))
            .build();
    try (HttpClient client =
        HttpClient.newBuilder()
            .sslContext(Trust.only(authority()))
            .connectTimeout(Duration.ofSeconds(2))
            .build()) {
      return client.send(question, BodyHandlers.discarding()).statusCode() == 200;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private String tail(Part part) throws IOException {
    List<String> lines = Files.readAllLines(log(part));
    return String.join("\n", lines.subList(Math.max(0, lines.size() - 15), lines.size()));
  }

  /** Ends a part as an administrator would, and waits for its end. */
  public void stop(Part part) throws InterruptedException {
    end(part, false);
  }

  /** Kills a part; it has no time to say goodbye to anybody. */
  public void kill(Part part) throws InterruptedException {
    end(part, true);
  }

  private void end(Part part, boolean forcibly) throws InterruptedException {
    Process process = running.remove(part);
    if (process == null) {
      return;
    }
    if (forcibly) {
      process.destroyForcibly();
    } else {
      process.destroy();
    }
    // An API server waits for its watches up to a minute.
    if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      process.waitFor(STOP_SECONDS, TimeUnit.SECONDS);
    }
  }

  /** True when a part was started and has not ended. */
  public boolean isRunning(Part part) {
    Process process = running.get(part);
    return process != null && process.isAlive();
  }

  /** The process of a part that runs. */
  public Process process(Part part) {
    return Objects.requireNonNull(running.get(part), part.program + " does not run");
  }

  /** The API server's address. */
  public String url() {
    String address = settings.address();
    return "https://" + (isIpv6(settings) ? "[" + address + "]" : address) + ":" + port;
  }

  /** The certificates that clients outside of pods must trust, in PEM form. */
  public Path authority() {
    return certificates == null
        ? settings.folder().resolve("pki/apiserver.crt")
        : certificates.trusted();
  }

  /**
   * Publishes to pods whom to trust, by ConfigMaps {@code kube-root-ca.crt}: whose certificate the
   * API server shows. The controllers start anew for it.
   *
   * @param both and the authority that it is exchanged for next
   */
  public void publishAuthorities(boolean both) throws IOException, InterruptedException {
    exchangeable().publish(both);
    stop(Part.CONTROLLER_MANAGER);
    start(Part.CONTROLLER_MANAGER);
  }

  /**
   * Has the API server start anew with a certificate of the other authority. Pods that did not get
   * both before do not trust it.
   */
  public void exchangeAuthority() throws IOException, InterruptedException {
    stop(Part.API_SERVER);
    exchangeable().exchange();
    start(Part.API_SERVER);
  }

  private ServingCertificates exchangeable() {
    return Objects.requireNonNull(certificates, "the settings ask for one authority only");
  }

  /**
   * Has etcd forget every state but the present one, so that a watch cannot begin before now.
   *
   * @return the revision up to which it forgot
   */
  public long compactEtcd() throws IOException, InterruptedException {
    // Any key: each answer has the revision. The key is one zero byte.
    String revision =
        askEtcd("range", "{\"key\":\"AA==\"}").path("header").path("revision").asText();
    askEtcd("compaction", "{\"revision\":\"" + revision + "\",\"physical\":true}");
    return Long.parseLong(revision);
  }

  private JsonNode askEtcd(String what, String body) throws IOException, InterruptedException {
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpResponse<String> answer =
          client.send(
              HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + etcdPort + "/v3/kv/" + what))
                  .timeout(ETCD_WITHIN)
                  .POST(HttpRequest.BodyPublishers.ofString(body))
                  .build(),
              BodyHandlers.ofString());
      if (answer.statusCode() != 200) {
        throw new IOException("etcd answers " + answer.statusCode() + ": " + answer.body());
      }
      return JSON.readTree(answer.body());
    }
  }

  /** One of the programs that came with the control plane's, as {@code kubectl}. */
  public Path program(String name) {
    return settings.binaries().resolve(name);
  }

  /** The log file of a part. */
  public Path log(Part part) {
    return settings.folder().resolve("log").resolve(part.program + ".log");
  }

  /** A kubeconfig of somebody who may do everything. */
  public String kubeconfig() {
    return kubeconfig("admin");
  }

  /** A kubeconfig of a node that the settings name, as its kubelet needs it. */
  public String nodeKubeconfig(String node) {
    return kubeconfig("system:node:" + node);
  }

  /** A kubeconfig with a token, as of a ServiceAccount. */
  public String tokenKubeconfig(String token) {
    return Kubeconfig.of(url(), authority(), token);
  }

  private String kubeconfig(String user) {
    return Kubeconfig.of(url(), authority(), Objects.requireNonNull(tokens.get(user), user));
  }

  /** The connection of somebody who may do everything. */
  public Config config() {
    return Config.fromKubeconfig(kubeconfig());
  }

  /** The requests to the API server, so far. */
  public AuditLog audit() {
    return new AuditLog(auditFile());
  }

  private Path auditFile() {
    return settings.folder().resolve("log/audit.log");
  }

  private Path kubeconfigFile(Part part) {
    return settings.folder().resolve("pki").resolve(part.program + ".kubeconfig");
  }

  private void killAll() {
    running.values().forEach(Process::destroyForcibly);
  }

  @Override
  public void close() {
    // Controllers first, so that nobody waits for what is gone; data and logs stay.
    try {
      for (Part part :
          List.of(Part.SCHEDULER, Part.CONTROLLER_MANAGER, Part.API_SERVER, Part.ETCD)) {
        kill(part);
      }
    } catch (InterruptedException e) {
      killAll();
      Thread.currentThread().interrupt();
    }
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The JVM is ending already, and the hook has run or will.
      killAll();
    }
  }

  @Override
  public String toString() {
    return "control plane " + url();
  }
}
