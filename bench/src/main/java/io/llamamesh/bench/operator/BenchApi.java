package io.llamamesh.bench.operator;

import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.jdkhttp.JdkHttpClientFactory;
import io.llamamesh.apiserver.FakeApiServer;
import io.llamamesh.testkit.AuditLog;
import io.llamamesh.testkit.Binaries;
import io.llamamesh.testkit.ControlPlane;
import io.llamamesh.testkit.ControlPlane.Part;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** The API server that the operator under measurement talks to. */
sealed interface BenchApi extends AutoCloseable {
  /** True when somebody makes the pods of DaemonSets. */
  boolean hasControllers();

  /** A kubeconfig for the operator. */
  String kubeconfig();

  /** A client for the bench itself; the caller closes it. */
  KubernetesClient client();

  /** Number of the operator's writes so far, by verb and resource: {@code patch configmaps}. */
  Map<String, Long> writes();

  /** CPU seconds of the server's own processes up to now. */
  double cpuSeconds() throws IOException;

  @Override
  void close();

  /** Our stand-in, in this process, over plain HTTP. */
  record Fake(FakeApiServer server) implements BenchApi {
    private static final String OPERATOR = "operator";

    static Fake start() throws IOException {
      return new Fake(FakeApiServer.start());
    }

    @Override
    public boolean hasControllers() {
      return false;
    }

    @Override
    public String kubeconfig() {
      return server.kubeconfig(OPERATOR);
    }

    @Override
    public KubernetesClient client() {
      return server.client("bench");
    }

    @Override
    public Map<String, Long> writes() {
      Map<String, Long> writes = new TreeMap<>();
      server
          .journal()
          .counts()
          .forEach((request, count) -> {
            if (request.identity().equals(OPERATOR) && request.isWrite()) {
              writes.put(request.verb() + " " + request.resource(), count);
            }
          });
      return writes;
    }

    @Override
    public double cpuSeconds() throws IOException {
      return OperatorBench.cpuSeconds(ProcessHandle.current().pid());
    }

    @Override
    public void close() {
      server.close();
    }
  }

  /** Kubernetes' own, over TLS, its controllers and scheduler on the same cores. */
  record Real(ControlPlane plane) implements BenchApi {
    /**
     * The bench asks as somebody else, so that the audit log shows the operator's requests apart.
     */
    private static final String BENCH = "bench";

    static Real start(Path folder) throws IOException, InterruptedException {
      Path binaries = Binaries.find().required();
      return new Real(ControlPlane.start(ControlPlane.Settings.loopback(binaries, folder)));
    }

    @Override
    public boolean hasControllers() {
      return true;
    }

    @Override
    public String kubeconfig() {
      return plane.kubeconfig();
    }

    @Override
    public KubernetesClient client() {
      return new KubernetesClientBuilder()
          .withConfig(
              new ConfigBuilder(plane.config())
                  .withImpersonateUsername(BENCH)
                  .withImpersonateGroups("system:masters")
                  .build())
          .withHttpClientFactory(new JdkHttpClientFactory())
          .build();
    }

    @Override
    public Map<String, Long> writes() {
      return plane.audit().requestsOf("admin").stream()
          .filter(AuditLog.Request::isWrite)
          .filter(request -> request.code() < 300)
          .collect(
              Collectors.groupingBy(AuditLog.Request::right, TreeMap::new, Collectors.counting()));
    }

    @Override
    public double cpuSeconds() throws IOException {
      double all = 0;
      for (Part part : Part.values()) {
        all += OperatorBench.cpuSeconds(plane.process(part).pid());
      }
      return all;
    }

    @Override
    public void close() {
      plane.close();
    }
  }
}
