package io.llamamesh.agent.main;

import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Members of the fabric by the word of one agent. */
@Command(
    name = "members",
    mixinStandardHelpOptions = true,
    description = "Prints which agents are up, failed or cut off, as one agent knows it.",
    exitCodeList = {
      "0:Nobody is missing.",
      "1:An error, or wrong use.",
      "2:Somebody is failed, cut off, down or blocked."
    })
final class MembersCommand implements Callable<Integer> {

  @Mixin private AgentQueryOptions query = new AgentQueryOptions();

  @Override
  public Integer call() throws IOException, InterruptedException {
    return query.print(query.client().members());
  }
}
