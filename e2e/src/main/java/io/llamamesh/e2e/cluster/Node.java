package io.llamamesh.e2e.cluster;

import io.fabric8.kubernetes.api.model.Pod;
import io.llamamesh.e2e.machine.ControlGroups;
import io.llamamesh.e2e.machine.Daemon;
import io.llamamesh.e2e.machine.RunFolder;
import io.llamamesh.e2e.machine.Subprocess;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A node: network, mount, process and host name namespaces of its own, in which containerd, a
 * kubelet and a kube-proxy run. It hangs on the bridge by one interface. When its first process is
 * killed the kernel ends everything in it.
 */
public final class Node implements AutoCloseable {
  private static final String SOCKET = "/run/containerd/containerd.sock";
  private static final Duration UP_WITHIN = Duration.ofMinutes(1);
  private static final Duration IMPORT_WITHIN = Duration.ofMinutes(5);

  private final ClusterBinaries programs;
  private final IpFamily family;
  private final String name;
  private final int index;
  private final Path folder;
  private final String kubeconfig;
  private final Daemon initProcess;
  private final String pid;
  private String address;
  private @Nullable Daemon runtime;
  private @Nullable Daemon kubelet;
  private @Nullable Daemon proxy;

  private Node(
      ClusterBinaries programs,
      IpFamily family,
      String name,
      int index,
      Path folder,
      String kubeconfig,
      Daemon first) {
    this.programs = programs;
    this.family = family;
    this.name = name;
    this.index = index;
    this.folder = folder;
    this.kubeconfig = kubeconfig;
    this.initProcess = first;
    this.pid = String.valueOf(first.innerPid());
    this.address = family.node(index);
  }

  /**
   * Makes a node without anything in it yet, on a bridge of the namespace that this runs in.
   *
   * @param index counted from 1
   * @param kubeconfig the text of its credentials
   */
  static Node create(
      ClusterBinaries programs,
      IpFamily family,
      String bridge,
      int index,
      Path run,
      String kubeconfig)
      throws IOException, InterruptedException {
    String name = name(index);
    Path folder = Files.createDirectories(run.resolve(name));
    Files.createDirectories(folder.resolve("log"));
    Path up = folder.resolve("up");
    // Of a node of this name that was here before: it must not pass for this one's.
    Files.deleteIfExists(up);
    Path init = folder.resolve("node-init");
    try (InputStream script = Objects.requireNonNull(Node.class.getResourceAsStream("node-init"))) {
      Files.write(init, script.readAllBytes());
    }
    Daemon first =
        Daemon.start(
            name,
            folder.resolve("log/node-init.log"),
            Map.of(),
            List.of(
                "unshare",
                "--mount",
                "--uts",
                "--net",
                "--pid",
                "--fork",
                "--kill-child",
                "--mount-proc",
                "bash",
                init.toString(),
                folder.toString(),
                name));
    try {
      Wait.until(
          name,
          UP_WITHIN,
          () ->
              Files.exists(up) && first.hasInner()
                  ? ""
                  : first.isAlive()
                      ? "its first process is starting"
                      : Files.readString(folder.resolve("log/node-init.log")));
      Node node = new Node(programs, family, name, index, folder, kubeconfig, first);
      node.connect(bridge);
      return node;
    } catch (IOException | RuntimeException e) {
      first.kill();
      throw e;
    }
  }

  /** The name of a node, counted from 1. */
  public static String name(int index) {
    return "node-" + index;
  }

  /** The node's name. */
  public String name() {
    return name;
  }

  /** The node's number, from 1. */
  public int index() {
    return index;
  }

  /** The node's address. */
  public String address() {
    return address;
  }

  private String link() {
    return "v-" + name;
  }

  private void connect(String bridge) throws IOException, InterruptedException {
    Subprocess.run(
        "ip", "link", "add", link(), "type", "veth", "peer", "name", "eth0", "netns", pid);
    Subprocess.run("ip", "link", "set", link(), "master", bridge, "up");
    // Nobody else has an address of ours, so nobody is asked first.
    exec("sysctl", "-qw", "net.ipv6.conf.default.accept_dad=0", "net.ipv6.conf.eth0.accept_dad=0");
    exec("sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1");
    exec("ip", "link", "set", "lo", "up");
    exec("ip", "link", "set", "eth0", "up");
    exec("ip", "addr", "add", family.withPrefix(address), "dev", "eth0");
    exec("ip", "route", "add", family.anywhere(), "via", family.controlPlane());
  }

  /** Sends what is for a node's pods to that node. */
  void route(Node other) throws IOException, InterruptedException {
    exec("ip", "route", "replace", family.podsOf(other.index), "via", other.address);
  }

  /** Starts containerd and gives it the images. */
  void startRuntime() throws IOException, InterruptedException {
    Files.createDirectories(folder.resolve("cni"));
    Files.writeString(folder.resolve("cni/10-pods.conflist"), podNetwork());
    Files.writeString(folder.resolve("containerd.toml"), runtimeConfig());
    runtime =
        Daemon.start(
            name + " containerd",
            log("containerd"),
            Map.of("PATH", programs.node() + ":" + System.getenv("PATH")),
            inside(
                programs.node().resolve("containerd").toString(),
                "--config",
                folder.resolve("containerd.toml").toString()));
    Wait.until(
        name + " containerd",
        UP_WITHIN,
        () -> {
          ctr("version");
          return "";
        });
    importImage(programs.pause());
    for (Path image : programs.images()) {
      importImage(image);
    }
  }

  /** Gives the runtime an image. */
  public void importImage(Path tar) throws IOException, InterruptedException {
    ctr("--namespace", "k8s.io", "images", "import", tar.toString());
  }

  /** Gives the runtime images under another tag; those that it has under their own stay. */
  void importOlder(List<Path> tars) throws IOException, InterruptedException {
    for (Path tar : tars) {
      importImage(tar);
    }
    for (String image :
        ctr("--namespace", "k8s.io", "images", "list", "-q")
            .lines()
            .filter(name -> name.contains("/llama-mesh-") && !name.startsWith("localhost"))
            .filter(name -> !name.endsWith(":" + ClusterBinaries.OLDER_TAG))
            .toList()) {
      ctr(
          "--namespace",
          "k8s.io",
          "images",
          "tag",
          "--force",
          image,
          image.replaceFirst(":[^:]+$", ":" + ClusterBinaries.OLDER_TAG));
    }
    // Of one version, so of one name: ours take it again.
    for (Path image : programs.images()) {
      importImage(image);
    }
  }

  private String ctr(String... arguments) throws IOException, InterruptedException {
    List<String> line =
        new ArrayList<>(inside(programs.node().resolve("ctr").toString(), "--address", SOCKET));
    line.addAll(List.of(arguments));
    return Subprocess.run(IMPORT_WITHIN, line);
  }

  /** Starts the kubelet, which says that the node has the address that it has now. */
  public void startKubelet() throws IOException, InterruptedException {
    ControlGroups.create(controlGroup());
    Files.writeString(folder.resolve("kubeconfig"), kubeconfig);
    Files.writeString(folder.resolve("kubelet.yaml"), kubeletConfig());
    kubelet =
        Daemon.start(
            name + " kubelet",
            log("kubelet"),
            Map.of(),
            inside(
                programs.cluster().resolve("kubelet").toString(),
                "--config",
                folder.resolve("kubelet.yaml").toString(),
                "--kubeconfig",
                folder.resolve("kubeconfig").toString(),
                "--hostname-override",
                name,
                "--node-ip",
                address));
  }

  /** Starts the kube-proxy. */
  public void startProxy() throws IOException, InterruptedException {
    proxy =
        Daemon.start(
            name + " kube-proxy",
            log("kube-proxy"),
            Map.of(),
            inside(
                programs.cluster().resolve("kube-proxy").toString(),
                "--kubeconfig",
                folder.resolve("kubeconfig").toString(),
                "--hostname-override",
                name,
                "--proxy-mode",
                "nftables",
                "--cluster-cidr",
                family.pods(),
                "--healthz-bind-address",
                "127.0.0.1:10256",
                "--metrics-bind-address",
                "127.0.0.1:10249",
                // These settings of the kernel are the machine's, not a namespace's.
                "--conntrack-max-per-core",
                "0",
                "--conntrack-min",
                "0",
                "--conntrack-tcp-timeout-established",
                "0",
                "--conntrack-tcp-timeout-close-wait",
                "0"));
  }

  /** Kills the kubelet; its pods go on. */
  public void killKubelet() throws InterruptedException {
    Objects.requireNonNull(kubelet, "no kubelet runs").kill();
  }

  /**
   * Takes the node off the network: nothing comes in or goes out, and its own interface is down.
   */
  public void cutOff() throws IOException, InterruptedException {
    Subprocess.run("ip", "link", "set", link(), "down");
  }

  /** Puts the node back on the network. */
  public void reconnect() throws IOException, InterruptedException {
    Subprocess.run("ip", "link", "set", link(), "up");
  }

  /**
   * Gives the node another address instead of its own; the kubelet is started anew to report it.
   */
  void changeAddress(String other) throws IOException, InterruptedException {
    // Removed first: with the first address of a network go those that came to it later.
    exec("ip", "addr", "del", family.withPrefix(address), "dev", "eth0");
    address = other;
    exec("ip", "addr", "add", family.withPrefix(address), "dev", "eth0");
    // Routes by the old source address went with it.
    exec("ip", "route", "replace", family.anywhere(), "via", family.controlPlane());
    killKubelet();
    startKubelet();
  }

  /**
   * Drops packets that arrive, before anything on the node sees them.
   *
   * @param rule what of them, in the words of nft, as {@code numgen random mod 100 < 20}
   */
  public void dropIngress(String rule) throws IOException, InterruptedException {
    exec("nft", "add", "table", "inet", "e2e");
    exec(
        "nft",
        "add chain inet e2e arriving { type filter hook prerouting priority -300; policy accept; }");
    exec("nft", "add rule inet e2e arriving iifname eth0 " + rule + " drop");
  }

  /** Lets everything through again. */
  public void stopDropping() throws IOException, InterruptedException {
    exec("nft", "delete", "table", "inet", "e2e");
  }

  /** Runs a program on the node. */
  public String exec(String... line) throws IOException, InterruptedException {
    return Subprocess.run(Duration.ofMinutes(1), inside(line));
  }

  /** Runs a program of the node's in the network namespace of one of its pods. */
  public String execInPod(Pod pod, String... line) throws IOException, InterruptedException {
    String container = container(pod);
    String process =
        ctr("--namespace", "k8s.io", "tasks", "list")
            .lines()
            .filter(task -> task.startsWith(container))
            .map(task -> task.strip().replaceFirst("^\\S+\\s+(\\d+).*", "$1"))
            .findFirst()
            .orElseThrow(() -> new IOException("no process of " + pod.getMetadata().getName()));
    List<String> whole = new ArrayList<>(List.of("nsenter", "-t", process, "-n"));
    whole.addAll(List.of(line));
    return exec(whole.toArray(new String[0]));
  }

  /** Kills the processes of a pod's first container, as the kernel does for want of memory. */
  public void killContainer(Pod pod) throws IOException, InterruptedException {
    ctr("--namespace", "k8s.io", "tasks", "kill", "--all", "--signal", "SIGKILL", container(pod));
  }

  /** Memory of a pod's first container. */
  public ControlGroups.Memory memory(Pod pod) throws IOException {
    return ControlGroups.memory(controlGroup(), container(pod));
  }

  private static String container(Pod pod) {
    return pod.getStatus().getContainerStatuses().getFirst().getContainerID().replaceAll(".*/", "");
  }

  private List<String> inside(String... line) {
    List<String> whole = new ArrayList<>(List.of("nsenter", "-t", pid, "-m", "-u", "-n", "-p"));
    whole.addAll(List.of(line));
    return whole;
  }

  private Path log(String program) {
    return folder.resolve("log").resolve(program + ".log");
  }

  /** The folder with the logs of the node's own programs and of its pods. */
  Stream<Path> logs() {
    return Stream.of(folder.resolve("log"), podLogs());
  }

  /** The folder with the logs of the node's pods, each as long as its kubelet keeps it. */
  Path podLogs() {
    return folder.resolve("var-log/pods");
  }

  private String controlGroup() {
    return RunFolder.CONTROL_GROUP + "/" + name;
  }

  private String podNetwork() {
    return """
    {"cniVersion": "1.0.0", "name": "pods", "plugins": [
      {"type": "bridge", "bridge": "cni0", "isGateway": true, "ipMasq": false, "hairpinMode": true,
       "ipam": {"type": "host-local", "dataDir": "%s", "ranges": [[{"subnet": "%s"}]], "routes": [{"dst": "%s"}]}},
      {"type": "loopback"}]}
    """
        .formatted(folder.resolve("ipam"), family.podsOf(index), family.anywhere());
  }

  private String runtimeConfig() {
    return """
    version = 3
    root = "/var/lib/containerd"
    state = "/run/containerd"
    [grpc]
      address = "%s"
    [plugins.'io.containerd.cri.v1.images']
      snapshotter = "overlayfs"
      [plugins.'io.containerd.cri.v1.images'.pinned_images]
        sandbox = "%s"
    [plugins.'io.containerd.cri.v1.runtime']
      disable_apparmor = true
      restrict_oom_score_adj = true
      [plugins.'io.containerd.cri.v1.runtime'.cni]
        bin_dirs = ["%s"]
        conf_dir = "%s"
      [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
        runtime_type = "io.containerd.runc.v2"
        [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
          BinaryName = "runc"
          SystemdCgroup = false
    """
        .formatted(SOCKET, ClusterBinaries.PAUSE, programs.node(), folder.resolve("cni"));
  }

  private String kubeletConfig() throws IOException {
    Path resolv = folder.resolve("resolv.conf");
    Files.writeString(resolv, "nameserver " + family.controlPlane() + "\n");
    return """
    apiVersion: kubelet.config.k8s.io/v1beta1
    kind: KubeletConfiguration
    # Nobody but the API server is in these namespaces.
    authentication: {anonymous: {enabled: true}, webhook: {enabled: false}}
    authorization: {mode: AlwaysAllow}
    cgroupDriver: cgroupfs
    cgroupRoot: /%s
    cgroupsPerQOS: true
    enforceNodeAllocatable: []
    failCgroupV1: false
    failSwapOn: false
    containerRuntimeEndpoint: unix://%s
    address: "%s"
    healthzPort: 0
    # The machine's disk is not the nodes' alone.
    evictionHard: {memory.available: "10Mi", nodefs.available: "1%%", imagefs.available: "1%%"}
    imageGCHighThresholdPercent: 100
    clusterDNS: ["%s"]
    clusterDomain: cluster.local
    resolvConf: %s
    # As small test clusters have it; 40 s without one are a dead node everywhere.
    nodeStatusUpdateFrequency: 2s
    nodeLeaseDurationSeconds: 10
    """
        .formatted(controlGroup(), SOCKET, address, family.controlPlane(), resolv);
  }

  @Override
  public void close() throws IOException {
    try {
      initProcess.kill();
      // The kernel removes it with the namespace of its other end, but in its own time; another
      // node of this name must not find it.
      Subprocess.run(
          "sh",
          "-c",
          "ip link del %1$s 2>/dev/null || ! ip link show %1$s >/dev/null 2>&1".formatted(link()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while ending " + name, e);
    }
  }

  /** Programs of the node that ended though nobody asked them to. */
  List<String> exitedPrograms() {
    return Stream.of(runtime, kubelet, proxy)
        .filter(daemon -> daemon != null && !daemon.isAlive())
        .map(Daemon::name)
        .toList();
  }
}
