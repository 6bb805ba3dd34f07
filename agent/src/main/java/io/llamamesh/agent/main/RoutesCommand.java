package io.llamamesh.agent.main;

import io.llamamesh.agent.http.FabricClient;
import java.io.IOException;
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
    exitCodeList = {
      "0:Printed.",
      "1:An error, or wrong use.",
      "2:No route to the one that was asked for."
    })
final class RoutesCommand implements Callable<Integer> {

  @Mixin private AgentQueryOptions query = new AgentQueryOptions();

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
    return query.print(answer());
  }

  private FabricClient.Answer answer() throws IOException, InterruptedException {
    FabricClient client = query.client();
    if (to == null) {
      return client.routes(origin);
    }
    if (origin == null) {
      throw new IOException("--to needs ORIGIN before it");
    }
    return client.path(origin, to);
  }
}
