package io.llamamesh.agent.main;

import io.llamamesh.agent.http.FabricText;
import io.llamamesh.client.FabricClient;
import java.io.IOException;
import java.net.URI;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Ways through the links between agents. */
@Command(
    name = "routes",
    mixinStandardHelpOptions = true,
    description = "Prints the way over links between agents from one to all others, or to one.",
    footer = {"", "With --watch it ends by Ctrl-C, with the shell's 130."},
    exitCodeList = {
      "0:Printed.",
      "1:An error, or wrong use.",
      "2:No route to the one that was asked for."
    })
final class RoutesCommand implements Callable<Integer> {

  @Mixin private FabricQueryOptions query = new FabricQueryOptions();

  @Parameters(
      arity = "0..1",
      paramLabel = "ORIGIN",
      description = "First node of the routes (default: the agent that is queried).")
  private @Nullable String origin;

  @Option(
      names = "--to",
      paramLabel = "NODE",
      description = "Prints the route from ORIGIN to this one only.")
  private @Nullable String to;

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (to == null) {
      return query.run(
          (client, agent) -> client.routes(agent, origin(client, agent)),
          (client, agent, listener) -> client.watchRoutes(agent, origin(client, agent), listener),
          FabricText::routes);
    }
    String from = origin;
    String end = to;
    if (from == null) {
      throw new IOException("--to needs ORIGIN before it");
    }
    if (query.isWatch()) {
      throw new IOException("--watch goes without --to");
    }
    return query.run(
        (client, agent) -> client.path(agent, from, end),
        (client, agent, listener) -> {
          throw new IllegalStateException("a path has no watch");
        },
        FabricText::path);
  }

  private String origin(FabricClient client, URI agent) throws IOException, InterruptedException {
    return origin == null ? client.members(agent).self() : origin;
  }
}
