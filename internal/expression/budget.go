package expression

import "errors"

// errAlert stops the expressions that come after those which have taken all that one alert may cost.
var errAlert = errors.New("the patterns of other rules have used up the budget of this alert")

// stepWork is what a step of a program counts of an alert's budget: the budget of one leaf is the same work, be it a
// pattern's or a program's.
const stepWork = maxWork / maxSteps

// charge counts the work of a pattern, in instructions times bytes, before it is done; what does not fit any more is not
// counted. Expressions are asked of an alert in the same order each time, so that the same are left out each time.
func (e *Evaluator) charge(work int) error {
	if e.work+work > maxAlert {
		return errAlert
	}
	e.work += work
	return nil
}
