import io.siddhi.core.SiddhiAppRuntime;
import io.siddhi.core.SiddhiManager;
import io.siddhi.core.event.Event;
import io.siddhi.core.stream.input.InputHandler;
import io.siddhi.core.stream.output.StreamCallback;
import java.util.Set;

final class SiddhiPeer extends Peer {
    private InputHandler input;

    public static void main(String[] args) throws Exception {
        new SiddhiPeer().run(args);
    }

    @Override
    void start(String lane, int rules, boolean evidence) {
        StringBuilder app = new StringBuilder("@app:playback define stream S (id string, at long, user string, ip string, outcome string);\n");
        for (int i = 0; i < rules; i++) {
            app.append(query(lane, i, evidence)).append('\n');
        }
        SiddhiAppRuntime runtime = new SiddhiManager().createSiddhiAppRuntime(app.toString());
        for (int i = 0; i < rules; i++) {
            runtime.addCallback("Out" + i, new StreamCallback() {
                @Override
                public void receive(Event[] events) {
                    for (Event e : events) {
                        fired((String) e.getData(0), (Long) e.getData(1), evidence ? alerts(lane, e) : NONE);
                    }
                }
            });
        }
        input = runtime.getInputHandler("S");
        runtime.start();
    }

    private static final Object[] NONE = {};

    private static Object[] alerts(String lane, Event e) {
        return lane.equals("sequence") ? new Object[] {e.getData(2), e.getData(3)} : ((Set<?>) e.getData(3)).toArray();
    }

    private static String query(String lane, int i, boolean evidence) {
        String ids = evidence ? ", unionSet(createSet(id)) as alerts" : "";
        String both = evidence ? ", e1.id as one, e2.id as other" : "";
        String counted = " insert into Out" + i + ";";
        int atLeast = 10 + i;
        return switch (lane) {
            case "count" -> "from S[outcome == 'failure']#window.externalTime(at, 60 sec) select user, at, count() as n" + ids + " group by user having n >= " + atLeast + counted;
            case "distinct" -> "from S[outcome == 'failure']#window.externalTime(at, 60 sec) select user, at, distinctCount(ip) as n" + ids + " group by user having n >= " + atLeast + counted;
            default -> "partition with (user of S) begin from every e1=S[outcome == 'failure'] -> e2=S[outcome == 'success'] within 60 sec select e2.user as user, e2.at as at" + both + counted + " end;";
        };
    }

    @Override
    void send(String id, long at, String user, String ip, String outcome) throws Exception {
        input.send(at, new Object[] {id, at, user, ip, outcome});
    }
}
