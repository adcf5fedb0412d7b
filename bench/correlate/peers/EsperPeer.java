import com.espertech.esper.common.client.EPCompiled;
import com.espertech.esper.common.client.EventBean;
import com.espertech.esper.common.client.configuration.Configuration;
import com.espertech.esper.compiler.client.CompilerArguments;
import com.espertech.esper.compiler.client.EPCompilerProvider;
import com.espertech.esper.runtime.client.EPRuntime;
import com.espertech.esper.runtime.client.EPRuntimeProvider;
import com.espertech.esper.runtime.client.EPStatement;

final class EsperPeer extends Peer {
    /** A logon, as Esper reads it. */
    public static final class S {
        private final String id;
        private final long at;
        private final String user;
        private final String ip;
        private final String outcome;

        S(String id, long at, String user, String ip, String outcome) {
            this.id = id;
            this.at = at;
            this.user = user;
            this.ip = ip;
            this.outcome = outcome;
        }

        public String getId() {
            return id;
        }

        public long getAt() {
            return at;
        }

        public String getUser() {
            return user;
        }

        public String getIp() {
            return ip;
        }

        public String getOutcome() {
            return outcome;
        }
    }

    private EPRuntime runtime;
    private long now = -1;

    public static void main(String[] args) throws Exception {
        new EsperPeer().run(args);
    }

    @Override
    void start(String lane, int rules, boolean evidence) throws Exception {
        Configuration configuration = new Configuration();
        configuration.getCommon().addEventType("S", S.class);
        configuration.getRuntime().getThreading().setInternalTimerEnabled(false);
        runtime = EPRuntimeProvider.getRuntime("bench", configuration);
        runtime.getEventService().advanceTime(0);
        for (int i = 0; i < rules; i++) {
            EPCompiled compiled = EPCompilerProvider.getCompiler().compile("@name('s') " + query(lane, 10 + i, evidence), new CompilerArguments(configuration));
            EPStatement statement = runtime.getDeploymentService().deploy(compiled).getStatements()[0];
            statement.addListener((fresh, old, s, r) -> {
                if (fresh != null) {
                    for (EventBean e : fresh) {
                        fired((String) e.get("user"), (Long) e.get("at"), evidence ? alerts(lane, e) : NONE);
                    }
                }
            });
        }
    }

    private static final Object[] NONE = {};

    private static Object[] alerts(String lane, EventBean e) {
        return lane.equals("sequence") ? new Object[] {e.get("one"), e.get("other")} : (Object[]) e.get("alerts");
    }

    private static String query(String lane, int atLeast, boolean evidence) {
        String ids = evidence ? ", window(id) as alerts" : "";
        String both = evidence ? ", a.id as one, b.id as other" : "";
        return switch (lane) {
            case "count" -> "select user, max(at) as at, count(*) as n" + ids + " from S(outcome='failure')#time(60 sec) group by user having count(*) >= " + atLeast;
            case "distinct" -> "select user, max(at) as at, count(distinct ip) as n" + ids + " from S(outcome='failure')#time(60 sec) group by user having count(distinct ip) >= " + atLeast;
            default -> "select b.user as user, b.at as at" + both + " from pattern [every a=S(outcome='failure') -> b=S(user=a.user, outcome='success') where timer:within(60 sec)]";
        };
    }

    @Override
    void send(String id, long at, String user, String ip, String outcome) {
        if (at != now) {
            now = at;
            runtime.getEventService().advanceTime(at);
        }
        runtime.getEventService().sendEventBean(new S(id, at, user, ip, outcome), "S");
    }
}
