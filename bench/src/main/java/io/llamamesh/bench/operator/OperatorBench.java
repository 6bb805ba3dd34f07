package io.llamamesh.bench.operator;

import io.llamamesh.bench.figures.Figure;
import io.llamamesh.bench.figures.FigureGoal;
import io.llamamesh.bench.process.BenchFolder;
import io.llamamesh.bench.process.Child;
import io.llamamesh.bench.process.Usage;
import java.io.IOException;
import java.io.PrintStream;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The cost of a mesh of so many nodes for the operator, which runs as it is shipped. */
@Command(
    name = "operator",
    mixinStandardHelpOptions = true,
    description = {
      "The operator as a process of its own, with its shipped JVM flags, against a real control plane over TLS, whose"
          + " controllers and scheduler share the cores, or against the stand-in in this process: a mesh of so many"
          + " nodes, one node more, and a minute in which nothing changes.",
      "",
      "With a real control plane operator_converged is from the mesh's creation until every node has its ConfigMap,"
          + " while the DaemonSet's pods are made; operator_joined from the first word that agents are ready until"
          + " every config has every member.",
      "operator_plan_alone is the time of a plan made in this process by one thread, the first one, before"
          + " anything is compiled, and operator_plan_alone_cpu its CPU time; operator_converged_cpu and _server_cpu"
          + " are the shares of operator and API server in getting there;"
          + " operator_plan_longest the longest that the operator itself made. operator_heap is what its heap holds"
          + " after a full collection at the end (by jcmd), operator_rss the most memory that the process ever had."
    })
public final class OperatorBench implements Callable<Integer> {
  private static final int MIN_NODES = 2;
  private static final int MAX_NODES = 20_000;

  /** Twice maxPeers and one. */
  private static final int MOST_WRITES_OF_ONE = 129;

  private static final int LARGE = 1_000;

  /** The API server. */
  enum Server {
    REAL,
    STAND_IN
  }

  @Spec private @Nullable CommandSpec spec;

  @Option(
      names = "--nodes",
      paramLabel = "N",
      defaultValue = "1000",
      description = "Nodes of the cluster, 2 to 20000 (default: ${DEFAULT-VALUE}).")
  private int nodes;

  @Option(
      names = "--api",
      paramLabel = "SERVER",
      defaultValue = "REAL",
      description =
          "${COMPLETION-CANDIDATES}: a real control plane, or the stand-in (default: ${DEFAULT-VALUE}).")
  private Server api = Server.REAL;

  @Option(
      names = "--steady",
      paramLabel = "SECONDS",
      defaultValue = "60",
      description = "How long nothing changes, 1 to 3600 (default: ${DEFAULT-VALUE}).")
  private int steadySeconds;

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (nodes < MIN_NODES || nodes > MAX_NODES || steadySeconds < 1 || steadySeconds > 3600) {
      throw wrong("--nodes must be 2 to 20000, --steady 1 to 3600");
    }
    PlanAlone plan = PlanAlone.of(nodes);
    print(
        System.out,
        "operator_plan_alone",
        plan.seconds(),
        "s",
        nodes <= 5 * LARGE ? FigureGoal.atMost(1) : FigureGoal.none());
    print(System.out, "operator_plan_alone_cpu", plan.cpuSeconds(), "s", FigureGoal.none());
    try (BenchFolder workspace = BenchFolder.create();
        BenchApi server =
            api == Server.REAL
                ? BenchApi.Real.start(workspace.folder().resolve("control-plane"))
                : BenchApi.Fake.start();
        FakeCluster cluster = FakeCluster.start(server, nodes);
        OperatorProcess operator = OperatorProcess.start(workspace, server.kubeconfig())) {
      measure(server, cluster, operator, System.out);
    }
    return 0;
  }

  private void measure(
      BenchApi server, FakeCluster cluster, OperatorProcess operator, PrintStream out)
      throws IOException, InterruptedException {
    double ours = cpuSeconds(operator.pid());
    double servers = server.cpuSeconds();
    long created = System.nanoTime();
    cluster.createMesh();
    cluster.awaitConfigs(nodes);
    double converged = secondsSince(created);
    ours = cpuSeconds(operator.pid()) - ours;
    servers = server.cpuSeconds() - servers;
    print(
        out,
        "operator_converged",
        converged,
        "s",
        nodes <= LARGE ? FigureGoal.atMost(10) : FigureGoal.none());
    print(
        out,
        "operator_converged_cpu",
        ours,
        "s",
        nodes <= LARGE ? FigureGoal.atMost(4) : FigureGoal.none());
    print(out, "operator_converged_server_cpu", servers, "s", FigureGoal.none());
    join(server, cluster, operator, out);
    print(out, "operator_writes", (double) cluster.writes(), "writes", FigureGoal.none());

    long before = cluster.configWrites();
    cluster.addNode(nodes);
    cluster.awaitConfigs(nodes + 1);
    long joins = System.nanoTime();
    if (server.hasControllers()) {
      cluster.makeAgentsReady(nodes + 1);
    } else {
      cluster.addAgent(nodes);
    }
    cluster.awaitMembers(nodes + 1);
    print(out, "operator_one_more_node", secondsSince(joins), "s", FigureGoal.atMost(2));
    print(
        out,
        "operator_one_more_node_writes",
        (double) (cluster.configWrites() - before),
        "writes",
        FigureGoal.atMost(MOST_WRITES_OF_ONE));

    long settled = cluster.writes();
    Child.pause(TimeUnit.SECONDS.toMillis(steadySeconds), () -> false);
    print(
        out,
        "operator_steady_writes",
        (double) (cluster.writes() - settled),
        "writes",
        FigureGoal.atMost(0));
    print(
        out,
        "operator_plan_longest",
        operator.metric("llamamesh_operator_plan_seconds_max"),
        "s",
        FigureGoal.none());
    print(out, "operator_heap", operator.heapMebibytes(), "MiB", FigureGoal.atMost(256));
    print(out, "operator_rss", Usage.mebibytes(operator.pid(), "VmHWM"), "MiB", FigureGoal.none());
  }

  /** Where controllers make the agents' pods, nobody is a member before they are ready. */
  private void join(BenchApi server, FakeCluster cluster, OperatorProcess operator, PrintStream out)
      throws IOException, InterruptedException {
    if (!server.hasControllers()) {
      cluster.awaitMembers(nodes);
      return;
    }
    double ours = cpuSeconds(operator.pid());
    long began = System.nanoTime();
    cluster.makeAgentsReady(nodes);
    cluster.awaitMembers(nodes);
    print(out, "operator_joined", secondsSince(began), "s", FigureGoal.none());
    print(out, "operator_joined_cpu", cpuSeconds(operator.pid()) - ours, "s", FigureGoal.none());
  }

  private static void print(
      PrintStream out, String name, double value, String unit, FigureGoal target) {
    out.println(Figure.of(name, value, unit, target).line());
    out.flush();
  }

  /** CPU time of a process up to now, threads that ended included. */
  static double cpuSeconds(long pid) throws IOException {
    return ProcessHandle.of(pid)
            .flatMap(process -> process.info().totalCpuDuration())
            .orElseThrow(() -> new IOException("CPU time of process " + pid + " is not told"))
            .toMillis()
        / 1e3;
  }

  private static double secondsSince(long nanos) {
    return (System.nanoTime() - nanos) / 1e9;
  }

  private ParameterException wrong(String message) {
    if (spec == null) {
      throw new IllegalStateException(message);
    }
    return new ParameterException(spec.commandLine(), message);
  }
}
